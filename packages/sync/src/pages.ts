import { firstBreach } from '@skein/chat';
import type { ListMessagesResponse } from '@skein/protocol';
import type { Conversation } from './conversation.ts';
import type { FetchRequest } from './effect.ts';
import type { LogEntry } from './entry.ts';
import { catchUpEntries, catchUpMost, pageEntries } from './limits.ts';
import { decimal, placedEntry } from './wire.ts';

/** The page that brings a conversation forward: what follows the cursor, or the newest when that is too far away. */
export function catchUpRequest({ id, log, cursor, head, list, screen }: Conversation): FetchRequest {
  if (log && head - cursor <= catchUpMost) {
    const request = { conversationId: id, afterSeq: decimal(cursor), limit: catchUpEntries };
    return { call: 'listMessages', request };
  }
  // What is unread is fetched with it, so that it can be said to be delivered (R2).
  const limit = screen ? pageEntries : Math.min(Math.max(list.unread, pageEntries), catchUpEntries);
  return { call: 'listMessages', request: { conversationId: id, limit } };
}

/** The page right before an entry. */
export function olderRequest(conversationId: string, before: number): FetchRequest {
  return {
    call: 'listMessages',
    request: { conversationId, beforeSeq: decimal(before), limit: pageEntries },
  };
}

/** The page's entries of this conversation, as far as they follow one another (O1). */
export function entriesOf(page: ListMessagesResponse, conversationId: string): LogEntry[] {
  const entries = page.entries
    .map(placedEntry)
    .filter((placed) => placed?.conversationId === conversationId)
    .map((placed) => placed!.entry);
  const first = entries[0]?.seq ?? 1;
  const breach = firstBreach(
    entries.map(({ seq }) => seq),
    first - 1,
  );
  return breach ? entries.slice(0, breach.expected - first) : entries;
}
