import {
  type Ask,
  applyReply,
  applyUnread,
  asks,
  type ReplyPolicy,
  recalledBy,
  recountUnread,
  type Seq,
  type UserId,
} from '@skein/chat';
import type { ConversationState } from '@skein/protocol';
import type { LogEntry } from './entry.ts';
import type { ListRow } from './rows.ts';
import { given, placedEntry } from './wire.ts';

/**
 * What is unread and unanswered in a conversation whose log the device may not have: the counts that the server told,
 * and from there on the same functions as the server's (N2, U4), entry by entry.
 */

export const emptyList: ListRow = { version: 0, lastSeq: 0, readSeq: 0, unread: 0, updateTime: 0 };

/** What is asked of the entries at hand. */
export interface Known {
  readonly userId: UserId;
  readonly policy: ReplyPolicy;
  /** Only service conversations wait for answers, and notes count nowhere (N1). */
  readonly kind: 'dm' | 'group' | 'cs' | 'note';
  /** An entry that has not been recalled, if it is at hand. */
  find(seq: Seq): LogEntry | undefined;
  /** The entries at hand above a seq, by seq. */
  above(seq: Seq): Iterable<LogEntry>;
}

/** The counts after one more entry. Only the next one can be counted; for others the feed is waited for. */
export function withEntry(list: ListRow, entry: LogEntry, known: Known): ListRow {
  if (entry.seq !== list.lastSeq + 1) return list;
  const { waiting: before, ...rest } = list;
  const target = recalledBy(entry);
  const recalled = target === undefined ? undefined : known.find(target);
  const unread =
    known.kind === 'note'
      ? list.unread
      : applyUnread(list.unread, list.readSeq, entry, known.userId, recalled);
  const waiting = known.kind === 'cs' ? waitingAfter(before, entry, known) : before;
  return {
    ...rest,
    lastSeq: entry.seq,
    unread: Math.max(0, unread),
    updateTime: Math.max(list.updateTime, entry.time),
    lastEntry: entry,
    ...(waiting && { waiting }),
  };
}

function waitingAfter(before: Ask | undefined, entry: LogEntry, { policy, above }: Known): Ask | undefined {
  const nextAsk = (afterSeq: Seq): Ask | undefined => {
    const recalled = new Set<Seq | undefined>([recalledBy(entry)]);
    const at: LogEntry[] = [];
    for (const e of above(afterSeq)) {
      if (e.seq < entry.seq) at.push(e);
      recalled.add(recalledBy(e));
    }
    const found = at.find((e) => asks(e, policy) && !recalled.has(e.seq));
    return found && { seq: found.seq, time: found.time };
  };
  return applyReply({ answeredSeq: 0, waiting: before }, entry, policy, nextAsk).waiting;
}

/**
 * The counts after reading up to `read`. Where the entries in between are not at hand, the old count stays until the
 * server tells the new one.
 *
 * @param entries all from `read` + 1 to `list.lastSeq`, if they are at hand
 */
export function withRead(
  list: ListRow,
  read: Seq,
  userId: UserId,
  entries: Iterable<LogEntry> | undefined,
): ListRow {
  if (read <= list.readSeq) return list;
  if (read >= list.lastSeq) return { ...list, readSeq: list.lastSeq, unread: 0 };
  if (entries === undefined) return list;
  return { ...list, readSeq: read, unread: recountUnread(entries, userId, read) };
}

/** The server's word (S5): an older version than the known one changes nothing. */
export function withState(list: ListRow, state: ConversationState): ListRow {
  const told = given(state);
  const version = Number(told.version ?? 0);
  if (version <= list.version) return list;
  const lastSeq = Number(told.lastSeq ?? 0);
  // Counted further already: the entries in between raise the version again, and the feed will tell.
  if (lastSeq < list.lastSeq) return { ...list, version };
  const lastEntry = told.lastEntry && placedEntry(told.lastEntry)?.entry;
  return {
    version,
    lastSeq,
    readSeq: Number(told.readSeq ?? 0),
    unread: Number(told.unread ?? 0),
    updateTime: Number(told.updateTime ?? 0),
    ...(told.unreplied &&
      told.waitingSince !== undefined && { waiting: waitingSince(list, lastSeq, Number(told.waitingSince)) }),
    ...(lastEntry && { lastEntry }),
  };
}

/** The server tells since when, not where: it stands at the end at the latest, which never settles it too early. */
function waitingSince({ waiting }: ListRow, lastSeq: Seq, time: number): Ask {
  return waiting?.time === time ? waiting : { seq: lastSeq, time };
}
