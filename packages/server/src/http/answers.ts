import { fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type BaseUserUnreadStaticsSchema,
  type ConversationStateSchema,
  type EntrySchema,
  type MemberPositionSchema,
  type MemberSchema,
  MessageSchema,
  ServiceMessageSchema,
  type UserId,
} from '@skein/protocol';
import type { ConversationSummary, MemberView, StoredEntry, UnreadStatics } from '../store/store.ts';

/** What the store says, in the words of the wire. */

export function entryAnswer(entry: StoredEntry): MessageInitShape<typeof EntrySchema> {
  return {
    body:
      entry.kind === 'message'
        ? { case: 'message', value: fromBinary(MessageSchema, entry.delivered) }
        : { case: 'service', value: fromBinary(ServiceMessageSchema, entry.delivered) },
  };
}

export function conversationAnswer(
  summary: ConversationSummary,
): MessageInitShape<typeof ConversationStateSchema> {
  const { conversationId, lastSeq, readSeq, unread, reply, lastEntry, version, left, updateTime } = summary;
  return {
    conversationId,
    lastSeq: String(lastSeq),
    readSeq: String(readSeq),
    unread: String(unread),
    unreplied: reply.waiting !== undefined,
    ...(reply.waiting && { waitingSince: String(reply.waiting.time) }),
    ...(lastEntry && { lastEntry: entryAnswer(lastEntry) }),
    version: String(version),
    left,
    updateTime: String(updateTime),
  };
}

export function memberAnswer(member: MemberView): MessageInitShape<typeof MemberSchema> {
  return {
    userId: member.userId,
    ...(member.name !== undefined && { name: member.name }),
    owner: member.owner,
    joinedSeq: String(member.joined),
  };
}

export function positionAnswer(member: MemberView): MessageInitShape<typeof MemberPositionSchema> {
  return { userId: member.userId, deliveredSeq: String(member.delivered), readSeq: String(member.read) };
}

export function unreadAnswer(
  userId: UserId,
  statics: UnreadStatics,
  now: number,
): MessageInitShape<typeof BaseUserUnreadStaticsSchema> {
  return {
    userId,
    totalUnread: String(statics.totalUnread),
    totalUnreplied: String(statics.totalUnreplied),
    feedVersion: String(statics.version),
    createTime: String(now),
    conversations: statics.conversations.map(({ conversationId, unread, lastSeq, readSeq, reply }) => ({
      conversationId,
      unread: String(unread),
      lastSeq: String(lastSeq),
      readSeq: String(readSeq),
      unreplied: reply.waiting !== undefined,
      ...(reply.waiting && { waitingSince: String(reply.waiting.time) }),
    })),
  };
}
