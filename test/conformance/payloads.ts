import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type Ack,
  AckSchema,
  type BaseUserUnreadStatics,
  BaseUserUnreadStaticsSchema,
  type FeedChange,
  FeedChangeSchema,
  type InName,
  inTopic,
  type Message,
  MessageSchema,
  type Notice,
  NoticeSchema,
  type Receipt,
  ReceiptSchema,
  type ServiceMessage,
  ServiceMessageDirection,
  ServiceMessageSchema,
  ServiceType,
  type Typing,
  TypingSchema,
} from '@skein/protocol';
import { until } from '@skein/testkit';
import type { Arrived, Client } from './clients/client.ts';

/** What travels in topics, for tests to write and read. */

export function message(
  from: string,
  to: string,
  content: string,
  further: MessageInitShape<typeof MessageSchema> = {},
): Uint8Array {
  const required = { messageId: newKey(), senderId: from, receiverId: to, content, createTime: '1' };
  return toBinary(MessageSchema, create(MessageSchema, { ...required, ...further }));
}

/** Of a customer, unless it has an `agentId`. */
export function serviceMessage(
  customer: string,
  content: string,
  further: MessageInitShape<typeof ServiceMessageSchema> = {},
): Uint8Array {
  const required = {
    messageId: newKey(),
    userId: customer,
    serviceType: ServiceType.PRESALE,
    messageType: 1,
    content,
    createDate: '1',
    direction: ServiceMessageDirection.USER_TO_AGENT,
  };
  return toBinary(ServiceMessageSchema, create(ServiceMessageSchema, { ...required, ...further }));
}

let lastKey = BigInt(Date.now()) << 22n;

/** A sender's own id for a message: 64 bits that grow. */
export function newKey(): string {
  lastKey += 1n;
  return lastKey.toString();
}

interface Payloads {
  message: Message;
  service: ServiceMessage;
  ack: Ack;
  receipt: Receipt;
  typing: Typing;
  notice: Notice;
  feed: FeedChange;
  unread: BaseUserUnreadStatics;
}

const readers: { [Name in keyof Payloads]: (bytes: Uint8Array) => Payloads[Name] } = {
  message: (bytes) => fromBinary(MessageSchema, bytes),
  service: (bytes) => fromBinary(ServiceMessageSchema, bytes),
  ack: (bytes) => fromBinary(AckSchema, bytes),
  receipt: (bytes) => fromBinary(ReceiptSchema, bytes),
  typing: (bytes) => fromBinary(TypingSchema, bytes),
  notice: (bytes) => fromBinary(NoticeSchema, bytes),
  feed: (bytes) => fromBinary(FeedChangeSchema, bytes),
  unread: (bytes) => fromBinary(BaseUserUnreadStaticsSchema, bytes),
};

/** All that a client got in one of its user's topics so far, in the order of arrival. */
export function got<Name extends keyof Payloads>(client: Client, name: Name): Payloads[Name][] {
  return publishes(client, name).map(({ payload }) => readers[name](payload));
}

/** The same with what MQTT says of it. */
export function publishes(client: Client, name: InName): Arrived[] {
  return client.arrived.filter(({ topic }) => topic.endsWith(`/in/${name}`));
}

/** Waits until something that fits has come in a topic, and answers the first. */
export function comes<Name extends keyof Payloads>(
  client: Client,
  name: Name,
  fits: (payload: Payloads[Name]) => boolean = () => true,
): Promise<Payloads[Name]> {
  return until(() => got(client, name).find(fits), {
    changes: client.changes,
    what: () => `${name}; there came ${JSON.stringify(got(client, name), undefined, 1)}`,
  });
}

/** Waits until a topic has had so many publishes that fit. */
export async function come<Name extends keyof Payloads>(
  client: Client,
  name: Name,
  count: number,
  fits: (payload: Payloads[Name]) => boolean = () => true,
): Promise<Payloads[Name][]> {
  const fitting = () => got(client, name).filter(fits);
  await until(() => fitting().length >= count, {
    changes: client.changes,
    what: () => `${count} of ${name}; there came ${fitting().length}`,
  });
  return fitting();
}

/** Subscriptions to one's own topics. */
export function own(user: string, names: readonly InName[], qos: 0 | 1 | 2 = 1) {
  return names.map((name) => ({ filter: inTopic(user, name), qos }));
}
