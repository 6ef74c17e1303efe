export { decode, encode } from './compact/codec.ts';
export type { Field, FieldKind, Fields, Init, Oneof } from './compact/fields.ts';
export * from './compact/tables.ts';
export * from './conversation-id.ts';
export { type Draft, draftContent, draftExtend, readDraft } from './draft.ts';
export {
  MessageType,
  Notice_Kind,
  Receipt_Kind,
  ServiceMessageDirection,
  ServiceType,
} from './enums.ts';
export * from './gen/skein/v1/admin_service_pb.js';
export * from './gen/skein/v1/chat_service_pb.js';
export * from './gen/skein/v1/desk_service_pb.js';
export * from './gen/skein/v1/enums_pb.js';
export * from './gen/skein/v1/media_service_pb.js';
export * from './gen/skein/v1/message_pb.js';
export * from './ids.ts';
export * as limits from './limits.ts';
export { isRefusal, type Refusal, type RefusalName, refusal, refusals } from './refusals.ts';
export { type Stamp, stampPayload, withNumber, withoutContent, withoutField } from './stamp.ts';
export {
  type InName,
  inFilter,
  inNames,
  inTopic,
  matchInFilter,
  type OutName,
  outNames,
  outTopic,
  parseOutTopic,
} from './topics.ts';
export { WireError } from './varint.ts';
