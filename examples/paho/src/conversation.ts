import { fromBinary } from '@bufbuild/protobuf';
import {
  directConversation,
  type Entry,
  type Message,
  MessageSchema,
  type ServiceMessage,
  ServiceMessageSchema,
  serviceConversation,
} from '@skein/protocol';
import type { ArticleClient } from './article-client.ts';
import type { Unsent } from './outbox.ts';
import type { TimelineEntry } from './timeline.ts';

/** What a panel is about: how it writes, and how it reads what arrives. */
export interface Conversation {
  readonly id: string;
  /** The last level of the topic on which its messages arrive. */
  readonly topic: 'message' | 'service';
  /** Whose positions make the ticks. */
  readonly peerId: string;
  send(client: ArticleClient, unsent: Unsent): void;
  /** Undefined for a message of another conversation. */
  read(payload: Uint8Array): TimelineEntry | undefined;
}

/** Between two people. */
export function direct(me: string, peer: string): Conversation {
  const id = directConversation(me, peer);
  return {
    id,
    topic: 'message',
    peerId: peer,
    send: (client, { id: messageId, text, time }) =>
      client.sendMsg({ messageId, senderId: me, receiverId: peer, content: text, createTime: `${time}` }),
    read: (payload) => messageEntry(id, fromBinary(MessageSchema, payload)),
  };
}

/** Between a customer and a team of the service; `me` is the customer, or an agent. */
export function service(me: string, customer: string, serviceType: number, peer: string): Conversation {
  const id = serviceConversation(customer, serviceType);
  return {
    id,
    topic: 'service',
    peerId: peer,
    send: (client, { id: messageId, text, time }) =>
      client.sendServiceMsg({
        messageId,
        userId: customer,
        serviceType,
        content: text,
        createDate: `${time}`,
        fromAgent: me !== customer,
      }),
    read: (payload) => serviceEntry(id, fromBinary(ServiceMessageSchema, payload)),
  };
}

/** An entry as the calls give it. */
export function readEntry({ id }: Conversation, { body }: Entry): TimelineEntry | undefined {
  switch (body.case) {
    case 'message':
      return messageEntry(id, body.value);
    case 'service':
      return serviceEntry(id, body.value);
    default:
      return undefined;
  }
}

function messageEntry(conversationId: string, message: Message): TimelineEntry | undefined {
  if (message.conversationId !== conversationId) return undefined;
  return {
    seq: Number(message.seq),
    messageId: message.messageId,
    clientMessageId: message.clientMessageId,
    senderId: message.senderId,
    text: message.content,
    time: Number(message.createTime),
  };
}

function serviceEntry(conversationId: string, message: ServiceMessage): TimelineEntry | undefined {
  if (message.conversationId !== conversationId) return undefined;
  return {
    seq: Number(message.seq),
    messageId: message.messageId,
    clientMessageId: message.clientMessageId,
    senderId: message.senderId,
    text: message.content,
    time: Number(message.createDate),
  };
}
