import { MessageType, type UserId } from '@skein/chat';
import type { Conversation } from './conversation.ts';
import type { Line } from './line.ts';
import { stateAt } from './members.ts';
import type { ListRow } from './rows.ts';
import { type Send, stateOf } from './send.ts';
import type { ConversationView, ListItemView, PendingView, SyncState } from './view.ts';
import { viewOfEntry } from './window.ts';

/** Snapshots. Parts that look as before are the same objects as before. */

/** The snapshot of an open conversation; `before` itself when nothing in it has changed. */
export function conversationView(
  conversation: Conversation,
  sends: readonly Send[],
  line: Line,
  before: ConversationView | undefined,
): ConversationView {
  const { id, screen, list, refusal } = conversation;
  const { own, reached } = conversation.standing;
  const { userId } = conversation.around.context;
  const stored = screen?.window?.views((entry) =>
    entry.senderId === userId ? stateAt(entry.seq, reached) : undefined,
  );
  // O4: by seq, then what is not in the log yet, in the order of sending.
  const entries = [...(stored ?? []), ...sends.map((send) => pendingView(send, userId, before))];
  const view: ConversationView = {
    conversationId: id,
    sync: syncOf(conversation, line),
    entries,
    older: screen?.older ?? 'loading',
    unread: list.unread,
    readSeq: own.read,
    ...(list.waiting && { waitingSince: list.waiting.time }),
    members: screen?.members.positions ?? [],
    typing: screen?.members.typing ?? [],
    ...(refusal && { refusal }),
  };
  return kept(before, view);
}

function syncOf(conversation: Conversation, line: Line): SyncState {
  if (line.name === 'down') return { name: 'offline', since: line.since };
  const isCurrent = line.name !== 'subscribing' && conversation.isCurrent && conversation.screen?.window;
  return isCurrent ? { name: 'current', seq: conversation.cursor } : { name: 'catching up' };
}

function pendingView(
  { row, kept: isKept, phase }: Send,
  userId: string,
  before: ConversationView | undefined,
): PendingView {
  const { clientMessageId, sendOrder, clientTime, content } = row;
  const { messageType = MessageType.TEXT, extend, targetSeq } = content;
  const view: PendingView = {
    senderId: userId,
    mine: true,
    messageType,
    content: content.content,
    ...(extend !== undefined && { extend }),
    ...(targetSeq !== undefined && { targetSeq }),
    clientMessageId,
    sendOrder,
    clientTime,
    state: stateOf(phase, isKept),
    ...(phase.name === 'failed' && { refusal: phase.refusal }),
  };
  const shown = before?.entries.findLast(
    (entry) => entry.seq === undefined && entry.clientMessageId === clientMessageId,
  );
  return shown && isSame(shown, view) ? (shown as PendingView) : view;
}

/** Sends of a conversation that are not in the log yet, and those of them that failed. */
export type Pending = Pick<ListItemView, 'pending' | 'failed'>;

/** One line of the list. */
export function listItem(
  conversationId: string,
  list: ListRow,
  userId: UserId,
  sends: Pending,
): ListItemView {
  const { lastSeq, lastEntry, unread, waiting, updateTime } = list;
  return {
    conversationId,
    lastSeq,
    ...(lastEntry && {
      lastEntry: viewOfEntry(lastEntry, lastEntry.senderId === userId ? 'sent' : undefined),
    }),
    unread,
    ...(waiting && { waitingSince: waiting.time }),
    updateTime,
    ...sends,
  };
}

/** The new snapshot, with the parts of the one before that are equal; that one itself if all are. */
export function kept<T extends object>(before: T | undefined, next: T): T {
  if (before === undefined) return next;
  const result: Record<string, unknown> = {};
  let isEqual = Object.keys(before).length === Object.keys(next).length;
  for (const [key, value] of Object.entries(next)) {
    const old = (before as Record<string, unknown>)[key];
    result[key] = isSame(old, value) ? old : value;
    if (result[key] !== old || !(key in before)) isEqual = false;
  }
  return isEqual ? before : (result as T);
}

/** Equal, or of the same members one level down. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((one, i) => Object.is(one, b[i]));
  }
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    keys.length === others.length &&
    keys.every((key) => Object.is((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}
