import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Millis } from '@skein/chat';
import {
  BaseUserUnreadStaticsSchema,
  type ConversationStateSchema,
  type Entry,
  EntrySchema,
  MessageSchema,
  ServiceMessageSchema,
  type UserId,
} from '@skein/protocol';
import type { ConversationSummary, StoredEntry, UnreadStatics } from '../store/store.ts';

/** What the store says, in the words of the wire. */

export function toEntry(entry: StoredEntry): Entry {
  return create(EntrySchema, {
    body:
      entry.kind === 'message'
        ? { case: 'message', value: fromBinary(MessageSchema, entry.delivered) }
        : { case: 'service', value: fromBinary(ServiceMessageSchema, entry.delivered) },
  });
}

export function toConversationState(
  summary: ConversationSummary,
): MessageInitShape<typeof ConversationStateSchema> {
  const { waiting } = summary.reply;
  return {
    conversationId: summary.conversationId,
    version: String(summary.version),
    lastSeq: String(summary.lastSeq),
    readSeq: String(summary.readSeq),
    unread: String(summary.unread),
    unreplied: waiting !== undefined,
    updateTime: String(summary.updateTime),
    left: summary.left,
    ...(summary.closed && { closed: true }),
    ...(waiting && { waitingSince: String(waiting.time) }),
    ...(summary.lastEntry && { lastEntry: toEntry(summary.lastEntry) }),
  };
}

export function toUnreadMessage(user: UserId, statics: UnreadStatics, now: Millis) {
  return create(BaseUserUnreadStaticsSchema, {
    userId: user,
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
  });
}

export function toUnreadStatics(user: UserId, statics: UnreadStatics, now: Millis): Uint8Array {
  return toBinary(BaseUserUnreadStaticsSchema, toUnreadMessage(user, statics, now));
}
