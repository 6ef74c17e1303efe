import type { DatabaseSync } from 'node:sqlite';
import type { Seq } from '@skein/chat';
import { prepareBig } from './database.ts';

/** The newest entries of one conversation: the ids of `first`, `first + 1`, ... */
interface Recent {
  first: Seq;
  readonly ids: bigint[];
}

/**
 * Which entry has which number in its conversation. The log says it itself, row by row, in the order of storing; this
 * index is read by conversation, so that one entry more in each of a thousand conversations changes a thousand pages.
 * The newest numbers are therefore kept in memory and written behind, many of one conversation at a time; after a
 * crash they are read from the log again. A number that is given twice is refused when it is written (O1).
 */
export class Numbering {
  private readonly recent = new Map<number, Recent>();
  private readonly insert;
  private readonly bySeq;
  private readonly last;

  constructor(db: DatabaseSync) {
    this.insert = db.prepare('INSERT INTO numbers (conversation, seq, id) VALUES (?, ?, ?)');
    this.bySeq = prepareBig(db, 'SELECT id FROM numbers WHERE conversation = ? AND seq = ?');
    this.last = db.prepare('SELECT max(seq) AS seq FROM numbers WHERE conversation = ?');
  }

  /** An entry was stored, with the number after the last. */
  append(conversation: number, seq: Seq, id: bigint): void {
    const recent = this.recent.get(conversation);
    if (recent) recent.ids.push(id);
    else this.recent.set(conversation, { first: seq, ids: [id] });
  }

  /** An entry is read from the log again: its number may have been written before the crash. */
  restore(conversation: number, seq: Seq, id: bigint): void {
    if (this.recent.has(conversation) || seq > this.lastWritten(conversation))
      this.append(conversation, seq, id);
  }

  private lastWritten(conversation: number): Seq {
    return (this.last.get(conversation) as { seq: number | null }).seq ?? 0;
  }

  idOf(conversation: number, seq: Seq): bigint | undefined {
    return (
      this.recentId(conversation, seq) ??
      (this.bySeq.get(conversation, seq) as { id: bigint } | undefined)?.id
    );
  }

  /** Undefined: the number is written, or does not exist. */
  recentId(conversation: number, seq: Seq): bigint | undefined {
    const recent = this.recent.get(conversation);
    return recent?.ids[seq - recent.first];
  }

  /** The numbers that are not written, without the end; undefined: all are. */
  recentRange(conversation: number): { readonly first: Seq; readonly end: Seq } | undefined {
    const recent = this.recent.get(conversation);
    return recent && { first: recent.first, end: recent.first + recent.ids.length };
  }

  /** What is not written now: each conversation with its last number. */
  unwritten(): { readonly conversation: number; readonly through: Seq }[] {
    return Array.from(this.recent, ([conversation, { first, ids }]) => ({
      conversation,
      through: first + ids.length - 1,
    }));
  }

  /** Writes numbers of one conversation, the first ones first. Within a transaction. @returns how many */
  write(conversation: number, through = Number.POSITIVE_INFINITY, most = Number.POSITIVE_INFINITY): number {
    const recent = this.recent.get(conversation);
    if (!recent) return 0;
    const { first, ids } = recent;
    const count = Math.max(0, Math.min(ids.length, most, through - first + 1));
    for (let i = 0; i < count; i++) this.insert.run(conversation, first + i, ids[i]!);
    if (count === ids.length) this.recent.delete(conversation);
    else {
      ids.splice(0, count);
      recent.first += count;
    }
    return count;
  }
}
