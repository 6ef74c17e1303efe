import type * as enums from './gen/skein/v1/enums_pb.js';
import type * as payloads from './gen/skein/v1/message_pb.js';

/**
 * The enums of the payloads as plain objects. The generated ones are made from their descriptors when they are loaded,
 * so that a page that needs one number would load the whole runtime, 20 KB compressed. Held to the schema by a test.
 */

export type MessageType = enums.MessageType;
export const MessageType = {
  UNSPECIFIED: 0,
  TEXT: 1,
  IMAGE: 2,
  FILE: 3,
  AUDIO: 4,
  VIDEO: 5,
  CARD: 6,
  EVENT: 7,
  RECALL: 8,
  EDIT: 9,
} as unknown as typeof enums.MessageType;

export type ServiceType = enums.ServiceType;
export const ServiceType = {
  UNSPECIFIED: 0,
  PRESALE: 1,
  AFTERSALE: 2,
  COMPLAINT: 3,
} as unknown as typeof enums.ServiceType;

export type ServiceMessageDirection = enums.ServiceMessageDirection;
export const ServiceMessageDirection = {
  UNSPECIFIED: 0,
  USER_TO_AGENT: 1,
  AGENT_TO_USER: 2,
  SYSTEM: 3,
} as unknown as typeof enums.ServiceMessageDirection;

export type Receipt_Kind = payloads.Receipt_Kind;
export const Receipt_Kind = {
  UNSPECIFIED: 0,
  DELIVERED: 1,
  READ: 2,
} as unknown as typeof payloads.Receipt_Kind;

export type Notice_Kind = payloads.Notice_Kind;
export const Notice_Kind = {
  UNSPECIFIED: 0,
  TOKEN_EXPIRES: 1,
  SERVER_GOES_DOWN: 2,
  TAKEN_OVER: 3,
} as unknown as typeof payloads.Notice_Kind;
