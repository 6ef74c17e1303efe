import { create, toBinary } from '@bufbuild/protobuf';
import {
  isRefusal,
  MessageSchema,
  type MessageType,
  parseConversationId,
  type RefusalName,
  readDraft,
  ServiceMessageSchema,
} from '@skein/protocol';
import type { Append, Outcome, Raise, Sender, Stored } from '../store.ts';

/** What a test says of a send; text of no key unless it says otherwise. */
export interface Words {
  readonly text?: string;
  readonly key?: bigint;
  readonly type?: number;
  readonly context?: number;
  readonly target?: number;
  readonly toReply?: number;
  readonly postProc?: number;
  readonly extend?: string;
  readonly origin?: number;
}

export function person(userId: string | bigint, role: Sender['role'] = 'customer'): Sender {
  return { userId: userId.toString(), role };
}

export function agent(userId: string | bigint): Sender {
  return person(userId, 'agent');
}

export function append(sender: Sender, conversationId: string, words: Words = {}): Append {
  const name = parseConversationId(conversationId);
  if (!name) throw new Error(`${conversationId} is no conversation's id`);
  const service = name.kind === 'cs' || name.kind === 'note';
  const payload = service ? servicePayload(sender, name.customer, words) : messagePayload(sender, words);
  const draft = readDraft(service ? 'service' : 'message', payload);
  if (isRefusal(draft)) throw new Error(draft.reason);
  return { type: 'append', sender, conversationId, name, draft, origin: words.origin ?? 0 };
}

export function raise(user: Sender, conversationId: string, kind: Raise['kind'], seq: number): Raise {
  return { type: 'raise', userId: user.userId, conversationId, kind, seq };
}

function messagePayload(sender: Sender, words: Words): Uint8Array {
  return toBinary(
    MessageSchema,
    create(MessageSchema, {
      messageId: '0',
      senderId: sender.userId,
      receiverId: '1',
      createTime: '0',
      ...spoken(words),
    }),
  );
}

function servicePayload(sender: Sender, customer: string, words: Words): Uint8Array {
  const { toReply, postProc } = words;
  return toBinary(
    ServiceMessageSchema,
    create(ServiceMessageSchema, {
      messageId: '0',
      userId: customer,
      serviceType: 1,
      createDate: '0',
      direction: sender.userId === customer ? 1 : 2,
      ...spoken(words),
      ...(toReply !== undefined && { toReply }),
      ...(postProc !== undefined && { postProc }),
    }),
  );
}

function spoken({ text = 'hello', key, type = 1, context, target, extend }: Words) {
  return {
    content: text,
    messageType: type as MessageType,
    ...(key !== undefined && { clientMessageId: key.toString() }),
    ...(context !== undefined && { contextSeq: context.toString() }),
    ...(target !== undefined && { targetSeq: target.toString() }),
    ...(extend !== undefined && { extend }),
  };
}

export function stored(outcome: Outcome | undefined): Stored {
  if (outcome === undefined || isRefusal(outcome) || outcome.type !== 'stored') {
    throw new Error(`not stored: ${JSON.stringify(outcome)}`);
  }
  return outcome;
}

export function refused(outcome: object | undefined): RefusalName {
  if (outcome === undefined || !isRefusal(outcome)) throw new Error('not refused');
  return outcome.refused;
}
