import type { Message } from '@bufbuild/protobuf';
import type { Seq } from '@skein/chat';
import {
  type ConversationName,
  isUserId,
  parseConversationId,
  type Uint64Text,
  type UserId,
} from '@skein/protocol';
import { malformed } from './refused.ts';

/** What calls are asked with, checked. Each throws an `invalid_argument` that names the field. */

/**
 * What the caller has set. An absent field is undefined here; on the message itself it reads as the default of its
 * type, from the prototype of proto2's generated code.
 */
export function given<T extends Message>(request: T): Partial<T> {
  return { ...request };
}

export interface Conversation {
  readonly id: string;
  readonly name: ConversationName;
}

export function conversationOf(request: { readonly conversationId?: string }): Conversation {
  const id = request.conversationId ?? '';
  const name = parseConversationId(id);
  if (name) return { id, name };
  throw malformed(
    'conversation_id is not one: dm:{smaller}:{larger}, group:{id} or cs:{customer}:{service_type}',
  );
}

export function groupOf(request: { readonly conversationId?: string }): string {
  const { id, name } = conversationOf(request);
  if (name.kind === 'group') return id;
  throw malformed('conversation_id is not that of a group: group:{id}');
}

/** A position as a number; beyond 2^53 there is nothing, so all that is larger is the same. */
export function seqOf(text: Uint64Text): Seq {
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

/** Ids that the server gives are positive signed numbers; beyond those there is nothing, so all that is larger is the same. */
export function messageIdOf(text: Uint64Text): bigint {
  const id = BigInt(text);
  return id > largestMessageId ? largestMessageId : id;
}

const largestMessageId = 2n ** 63n - 1n;

/** A page's size: larger ones are cut to the most. */
export function pageSize(
  limit: number | undefined,
  { usual, most }: { usual: number; most: number },
): number {
  if (limit === 0) throw malformed(`limit is 0: ask for 1 to ${most}`);
  return Math.min(limit ?? usual, most);
}

/** Each id once. */
export function userIdsOf(ids: readonly Uint64Text[], field: string, most: number): UserId[] {
  const users = new Set(ids);
  if (users.size > most) throw malformed(`${field} names ${users.size} users: at most ${most} are possible`);
  for (const id of users) if (!isUserId(id)) throw malformed(`${field} has a 0: a user id is 1 to 2^64-1`);
  return [...users];
}

/** A text of some characters, as people count them. */
export function textOf(
  value: string | undefined,
  field: string,
  { least, most }: { readonly least: number; readonly most: number },
): string {
  const text = (value ?? '').trim();
  const length = [...text].length;
  if (length >= least && length <= most) return text;
  throw malformed(`${field} has ${length} characters: ${least} to ${most} are possible`);
}
