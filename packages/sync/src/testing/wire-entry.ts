import { create } from '@bufbuild/protobuf';
import {
  type Ack,
  AckSchema,
  type Entry,
  EntrySchema,
  MessageSchema,
  parseConversationId,
  type Refusal,
  refusal,
  refusals,
  ServiceMessageDirection,
  ServiceMessageSchema,
} from '@skein/protocol';
import type { LogEntry } from '../entry.ts';

export const conflict = refusal('CONFLICT', 'this client_message_id was used before for other content');

export function ackOf(
  clientMessageId: string,
  conversationId: string,
  { messageId, seq, time }: LogEntry,
): Ack {
  return create(AckSchema, {
    clientMessageId,
    messageId,
    conversationId,
    seq: String(seq),
    createTime: String(time),
    code: 0,
  });
}

export function refusedAck(clientMessageId: string, { refused, reason }: Refusal): Ack {
  return create(AckSchema, { clientMessageId, code: refusals[refused].code, reason });
}

/** An entry as the server delivers it. */
export function wireEntry(conversationId: string, entry: LogEntry): Entry {
  const name = parseConversationId(conversationId);
  const { messageId, senderId, content, extend, messageType, time, clientMessageId, toReply, postProc } =
    entry;
  const shared = {
    messageId,
    senderId,
    content,
    messageType,
    conversationId,
    seq: String(entry.seq),
    ...(extend !== undefined && { extend }),
    ...(clientMessageId !== undefined && { clientMessageId }),
    ...(entry.contextSeq !== undefined && { contextSeq: String(entry.contextSeq) }),
    ...(entry.targetSeq !== undefined && { targetSeq: String(entry.targetSeq) }),
  };
  if (name?.kind === 'cs' || name?.kind === 'note') {
    const value = create(ServiceMessageSchema, {
      ...shared,
      userId: name.customer,
      serviceType: name.serviceType,
      createDate: String(time),
      direction: entry.fromCustomer
        ? ServiceMessageDirection.USER_TO_AGENT
        : ServiceMessageDirection.AGENT_TO_USER,
      ...(toReply !== undefined && { toReply }),
      ...(postProc !== undefined && { postProc }),
    });
    return create(EntrySchema, { body: { case: 'service', value } });
  }
  const receiverId = name?.kind === 'dm' ? (name.a === senderId ? name.b : name.a) : '1';
  const value = create(MessageSchema, { ...shared, createTime: String(time), receiverId });
  return create(EntrySchema, { body: { case: 'message', value } });
}
