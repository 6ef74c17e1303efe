import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AckSchema,
  BaseUserUnreadStaticsSchema,
  FeedChangeSchema,
  MessageSchema,
  NoticeSchema,
  PresenceSchema,
  ReceiptSchema,
  type Refusal,
  type RefusalName,
  refusals,
  ServiceMessageSchema,
  TypingSchema,
} from '@skein/protocol';
import type { PublishEffect, Received, StoredNumbers } from '@skein/sync';

/** The bytes of what the core publishes. */
export function payloadOf(effect: PublishEffect): Uint8Array {
  switch (effect.name) {
    case 'message':
      return toBinary(MessageSchema, create(MessageSchema, effect.payload));
    case 'service':
      return toBinary(ServiceMessageSchema, create(ServiceMessageSchema, effect.payload));
    case 'receipt':
      return toBinary(ReceiptSchema, create(ReceiptSchema, effect.payload));
    case 'typing':
      return toBinary(TypingSchema, create(TypingSchema, effect.payload));
    default:
      return effect satisfies never;
  }
}

/** What came on one of the user's `in/` topics. */
export function receivedOn(topic: string, bytes: Uint8Array): Received {
  const name = topic.slice(topic.lastIndexOf('/') + 1) as Received['name'];
  switch (name) {
    case 'message':
      return { name, payload: fromBinary(MessageSchema, bytes) };
    case 'service':
      return { name, payload: fromBinary(ServiceMessageSchema, bytes) };
    case 'ack':
      return { name, payload: fromBinary(AckSchema, bytes) };
    case 'receipt':
      return { name, payload: fromBinary(ReceiptSchema, bytes) };
    case 'feed':
      return { name, payload: fromBinary(FeedChangeSchema, bytes) };
    case 'unread':
      return { name, payload: fromBinary(BaseUserUnreadStaticsSchema, bytes) };
    case 'typing':
      return { name, payload: fromBinary(TypingSchema, bytes) };
    case 'presence':
      return { name, payload: fromBinary(PresenceSchema, bytes) };
    case 'notice':
      return { name, payload: fromBinary(NoticeSchema, bytes) };
    default:
      return name satisfies never;
  }
}

/** What PUBACK says of a send that was stored; undefined where it says nothing. */
export function numbersOf(properties: readonly (readonly [string, string])[]): StoredNumbers | undefined {
  const said = new Map(properties);
  const messageId = said.get('message-id');
  const conversationId = said.get('conversation-id');
  if (messageId === undefined || conversationId === undefined) return undefined;
  return {
    messageId,
    conversationId,
    seq: Number(said.get('seq')),
    createTime: Number(said.get('create-time')),
  };
}

/** "NAME: why", as the server writes it into PUBACK. */
export function refusalOf(reason: string): Refusal {
  const [name = '', ...why] = reason.split(': ');
  return { refused: name in refusals ? (name as RefusalName) : 'UNAVAILABLE', reason: why.join(': ') };
}
