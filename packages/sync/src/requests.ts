import type { Conversation } from './conversation.ts';
import type { FetchRequest } from './effect.ts';
import { catchUpEntries, catchUpMost, pageEntries } from './limits.ts';
import { decimal } from './wire.ts';

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
