import { type EntryFacts, MessageType, PostProc, type Seq, type UserId } from '@skein/chat';
import {
  type Ack,
  type Entry,
  type Message,
  parseConversationId,
  type ServiceMessage,
  ServiceMessageDirection,
} from '@skein/protocol';
import type { PublishEffect } from './effect.ts';
import type { LogEntry, StoredNumbers } from './entry.ts';
import type { OutboxRow } from './rows.ts';

/** Between the wire's messages and the core's entries. */

/** An entry as it is in the log of `conversationId`. */
export interface Placed {
  readonly conversationId: string;
  readonly entry: LogEntry;
}

/** Undefined for what carries no place in a log: no server of this protocol sends it. */
export function placedEntry(wire: Entry): Placed | undefined {
  const { body } = wire;
  switch (body.case) {
    case 'message':
      return placedMessage(body.value);
    case 'service':
      return placedService(body.value);
    case undefined:
      return undefined;
    default:
      return body satisfies never;
  }
}

export function placedMessage(message: Message): Placed | undefined {
  const { messageType = MessageType.TEXT, ...rest } = given(message);
  return placed(rest, {
    messageId: message.messageId,
    senderId: message.senderId,
    time: Number(message.createTime),
    // What carries no type is text, as for the server.
    messageType: messageType || MessageType.TEXT,
    fromCustomer: false,
    content: message.content,
  });
}

export function placedService(message: ServiceMessage): Placed | undefined {
  const rest = given(message);
  const senderId = rest.senderId ?? rest.agentId ?? message.userId;
  return placed(rest, {
    messageId: message.messageId,
    senderId,
    time: Number(message.createDate),
    messageType: message.messageType,
    fromCustomer:
      senderId === message.userId && parseConversationId(rest.conversationId ?? '')?.kind === 'cs',
    content: message.content,
    ...(rest.toReply !== undefined && { toReply: rest.toReply }),
    ...(rest.postProc !== undefined && { postProc: rest.postProc }),
  });
}

interface SharedFields {
  readonly conversationId?: string;
  readonly seq?: string;
  readonly clientMessageId?: string;
  readonly contextSeq?: string;
  readonly targetSeq?: string;
  readonly extend?: string;
}

type OwnFields = Omit<LogEntry, 'seq' | 'clientMessageId' | 'contextSeq' | 'targetSeq' | 'extend'>;

function placed(shared: SharedFields, own: OwnFields): Placed | undefined {
  const { conversationId, clientMessageId, contextSeq, targetSeq, extend } = shared;
  const seq = Number(shared.seq ?? '0');
  if (conversationId === undefined || seq < 1 || !Number.isSafeInteger(seq)) return undefined;
  const entry: LogEntry = {
    seq,
    ...own,
    ...(extend !== undefined && { extend }),
    ...(contextSeq !== undefined && { contextSeq: Number(contextSeq) }),
    ...(targetSeq !== undefined && { targetSeq: Number(targetSeq) }),
    ...(clientMessageId !== undefined && clientMessageId !== '0' && { clientMessageId }),
  };
  return { conversationId, entry };
}

/** What the sender has set; on the message itself an absent field reads as the default of its type. */
export function given<T extends object>(message: T): Partial<T> {
  return { ...message };
}

/** The entry that a send became, known without reading it back. */
export function entryOfSend(
  row: OutboxRow,
  senderId: UserId,
  isBot: boolean,
  numbers: StoredNumbers,
): LogEntry {
  const { content, messageType = MessageType.TEXT, extend, targetSeq, toReply } = row.content;
  const name = parseConversationId(row.conversationId);
  const isService = name?.kind === 'cs' || name?.kind === 'note';
  const postProc = postProcOf(row, isBot);
  const facts: EntryFacts = {
    seq: numbers.seq,
    senderId,
    time: numbers.createTime,
    messageType,
    fromCustomer: name?.kind === 'cs' && name.customer === senderId,
    ...(isService && toReply !== undefined && { toReply }),
    ...(isService && postProc !== undefined && { postProc }),
    contextSeq: row.contextSeq,
    ...(targetSeq !== undefined && { targetSeq }),
  };
  return {
    ...facts,
    messageId: numbers.messageId,
    content,
    ...(extend !== undefined && { extend }),
    clientMessageId: row.clientMessageId,
  };
}

/** Undefined for an Ack that says stored and not where. */
export function numbersOfAck(ack: Ack, conversationId: string): StoredNumbers | undefined {
  const { messageId, seq, createTime } = given(ack);
  if (messageId === undefined || !(Number(seq) > 0)) return undefined;
  return { messageId, conversationId, seq: Number(seq), createTime: Number(createTime ?? 0) };
}

function postProcOf({ content: { postProc } }: OutboxRow, isBot: boolean): number | undefined {
  return isBot ? (postProc ?? 0) | PostProc.BOT : postProc;
}

type Publication = PublishEffect extends infer E
  ? E extends PublishEffect
    ? Pick<E, 'name' | 'payload'>
    : never
  : never;

/** The publish of a send: the same bytes at every attempt, since the key stands for the content (I2). */
export function publicationOf(row: OutboxRow, senderId: UserId, isBot: boolean): Publication | undefined {
  const name = parseConversationId(row.conversationId);
  const { content, messageType = MessageType.TEXT, extend, targetSeq, toReply } = row.content;
  const shared = {
    messageId: row.clientMessageId,
    content,
    messageType,
    conversationId: row.conversationId,
    clientMessageId: row.clientMessageId,
    contextSeq: decimal(row.contextSeq),
    clientTime: decimal(row.clientTime),
    ...(extend !== undefined && { extend }),
    ...(targetSeq !== undefined && { targetSeq: decimal(targetSeq) }),
  };
  switch (name?.kind) {
    case 'dm':
    case 'group': {
      const receiverId = name.kind === 'group' ? name.groupId : name.a === senderId ? name.b : name.a;
      return {
        name: 'message',
        payload: { ...shared, senderId, createTime: decimal(row.clientTime), receiverId },
      };
    }
    case 'cs':
    case 'note': {
      const isCustomer = name.customer === senderId;
      const postProc = postProcOf(row, isBot);
      const payload = {
        ...shared,
        userId: name.customer,
        serviceType: name.serviceType,
        createDate: decimal(row.clientTime),
        direction: isCustomer ? ServiceMessageDirection.USER_TO_AGENT : ServiceMessageDirection.AGENT_TO_USER,
        ...(!isCustomer && { agentId: senderId }),
        ...(postProc !== undefined && { postProc }),
        ...(toReply !== undefined && { toReply }),
      };
      return { name: 'service', payload };
    }
    case undefined:
      return undefined;
    default:
      return name satisfies never;
  }
}

/** A number of the core as one of the wire. */
export function decimal(value: Seq): string {
  return String(Math.max(0, Math.trunc(value)));
}
