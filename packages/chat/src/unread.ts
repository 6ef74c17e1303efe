import { recalledBy } from './amend.ts';
import type { EntryFacts, Seq, UserId } from './entry.ts';
import { isMessage } from './message-type.ts';

/**
 * Whether an entry can be unread (N1): not an event, recall or edit. Whether it has been recalled is not seen
 * here. Notes are a log of their own, of which nothing is counted.
 */
export function countable(e: EntryFacts): boolean {
  return isMessage(e.messageType);
}

/** Whether an entry is unread for `reader` while their read position is below it (N1): one's own never is. */
export function countsFor(e: EntryFacts, reader: UserId): boolean {
  return e.senderId !== reader && countable(e);
}

/**
 * The count by definition (N1), in memory proportional to it.
 *
 * @param entries by seq; they may begin anywhere up to `readSeq + 1`, since a recall follows what it recalls
 */
export function recountUnread(entries: Iterable<EntryFacts>, reader: UserId, readSeq: Seq): number {
  const unread = new Set<Seq>();
  for (const e of entries) {
    if (e.seq > readSeq && countsFor(e, reader)) unread.add(e.seq);
    const recalled = recalledBy(e);
    if (recalled !== undefined) unread.delete(recalled);
  }
  return unread.size;
}

/**
 * The count after one more entry, equal to the recount (N2). When the read position grows, recount instead.
 *
 * @param recalled the target of `e`, when `e` is a recall that takes effect for the first time
 */
export function applyUnread(
  unread: number,
  readSeq: Seq,
  e: EntryFacts,
  reader: UserId,
  recalled?: EntryFacts,
): number {
  if (recalled !== undefined) {
    return recalled.seq > readSeq && countsFor(recalled, reader) ? unread - 1 : unread;
  }
  return e.seq > readSeq && countsFor(e, reader) ? unread + 1 : unread;
}
