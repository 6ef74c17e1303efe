import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { PublishPacket } from '@skein/mqtt';
import {
  type Ack,
  AckSchema,
  directConversation,
  type Message,
  MessageSchema,
  MessageType,
  type Notice,
  NoticeSchema,
  outTopic,
  parseConversationId,
  Receipt_Kind,
  ReceiptSchema,
  type ServiceMessage,
  ServiceMessageDirection,
  ServiceMessageSchema,
} from '@skein/protocol';

/** Something to publish, with where it goes. */
export interface Letter {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly conversationId: string;
  readonly clientMessageId: string;
  readonly content: string;
}

let lastKey = BigInt(Date.now()) << 22n;

/** A key that grows with time, as clients are advised to make them. */
export function newKey(): string {
  lastKey += 1n;
  return lastKey.toString();
}

/** A text to a person (`dm:`) or group (`group:`). */
export function letterTo(
  conversationId: string,
  from: string,
  content: string,
  further: MessageInitShape<typeof MessageSchema> = {},
): Letter {
  const clientMessageId = further.clientMessageId ?? newKey();
  const message = {
    messageId: clientMessageId,
    senderId: from,
    receiverId: '1',
    content,
    createTime: String(Date.now()),
    conversationId,
    clientMessageId,
    ...further,
  };
  const payload = toBinary(MessageSchema, create(MessageSchema, message));
  return { topic: outTopic(from, 'message'), payload, conversationId, clientMessageId, content };
}

/** A text in a service conversation (`cs:`), of its customer or of an agent. */
export function serviceLetter(
  conversationId: string,
  from: string,
  content: string,
  further: MessageInitShape<typeof ServiceMessageSchema> = {},
): Letter {
  const name = parseConversationId(conversationId);
  if (name?.kind !== 'cs') throw new TypeError(`${conversationId} is no service conversation`);
  const clientMessageId = further.clientMessageId ?? newKey();
  const message = {
    messageId: clientMessageId,
    userId: name.customer,
    serviceType: name.serviceType,
    messageType: MessageType.TEXT,
    content,
    createDate: String(Date.now()),
    direction: ServiceMessageDirection.USER_TO_AGENT,
    clientMessageId,
    ...further,
  };
  const payload = toBinary(ServiceMessageSchema, create(ServiceMessageSchema, message));
  return { topic: outTopic(from, 'service'), payload, conversationId, clientMessageId, content };
}

/** The direct conversation of two users, and a text in it. */
export function directLetter(from: string, to: string, content: string): Letter {
  return letterTo(directConversation(from, to), from, content, { receiverId: to });
}

/** A delivered entry. */
export function readDelivery({ topic, payload }: PublishPacket): Message | ServiceMessage {
  return topic.endsWith('/service')
    ? fromBinary(ServiceMessageSchema, payload)
    : fromBinary(MessageSchema, payload);
}

/** "I have read up to here", the payload of `out/receipt`. */
export function readReceipt(conversationId: string, seq: string): Uint8Array {
  return toBinary(ReceiptSchema, create(ReceiptSchema, { conversationId, kind: Receipt_Kind.READ, seq }));
}

/** What became of a send, out of `in/ack`. */
export function readAck({ payload }: PublishPacket): Ack {
  return fromBinary(AckSchema, payload);
}

/** What the server says of the session, out of `in/notice`. */
export function readNotice({ payload }: PublishPacket): Notice {
  return fromBinary(NoticeSchema, payload);
}
