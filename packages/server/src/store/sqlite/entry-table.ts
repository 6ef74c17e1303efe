import type { DatabaseSync } from 'node:sqlite';
import type { Ask, Seq } from '@skein/chat';
import { toSigned64 } from '@skein/protocol';
import { prepareBig } from './database.ts';
import {
  type ConversationRow,
  type EntryRow,
  entryColumns,
  flagAsks,
  flagCountable,
  type RawConversationRow,
  type RawEntry,
  toConversationRow,
  toRow,
} from './entry.ts';
import { timeOfId } from './id-sequence.ts';

/** Greater than every id. */
export const newestId = (1n << 63n) - 1n;

/** The log's table. */
export class EntryTable {
  private readonly insertRow;
  private readonly byKey;
  private readonly bySeq;
  private readonly after;
  private readonly before;
  private readonly firstAsk;
  private readonly countInRange;
  private readonly recallRow;
  private readonly allAfterId;
  private readonly idBySeq;
  private readonly lastRow;

  constructor(db: DatabaseSync) {
    this.insertRow = db.prepare(
      'INSERT INTO entries (id, conversation, seq, sender, client_id, flags, origin, payload) VALUES (?,?,?,?,?,?,?,?)',
    );
    const select = `SELECT ${entryColumns} FROM entries`;
    this.byKey = prepareBig(db, `${select} WHERE client_id = ? AND sender = ? AND conversation = ?`);
    this.bySeq = prepareBig(db, `${select} WHERE conversation = ? AND seq = ?`);
    this.idBySeq = prepareBig(db, 'SELECT id FROM entries WHERE conversation = ? AND seq = ?');
    this.after = prepareBig(db, `${select} WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ?`);
    this.before = prepareBig(
      db,
      `${select} WHERE conversation = ? AND seq >= ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    );
    this.firstAsk = prepareBig(
      db,
      `SELECT id, seq FROM entries WHERE conversation = ? AND seq > ? AND seq <= ?
       AND flags & ${flagAsks} AND (recalled_by IS NULL OR recalled_by > ?) ORDER BY seq LIMIT 1`,
    );
    this.countInRange = db.prepare(
      `SELECT count(*) AS n FROM entries WHERE conversation = ? AND seq > ? AND seq <= ?
       AND flags & ${flagCountable} AND (recalled_by IS NULL OR recalled_by > ?) AND sender <> ?`,
    );
    this.recallRow = db.prepare(
      'UPDATE entries SET recalled_by = ? WHERE conversation = ? AND seq = ? AND recalled_by IS NULL',
    );
    this.allAfterId = prepareBig(
      db,
      `SELECT ${entryColumns}, conversation FROM entries WHERE id > ? ORDER BY id LIMIT ?`,
    );
    this.lastRow = prepareBig(db, 'SELECT max(id) AS id FROM entries');
  }

  /** @throws SQLite's unique violation when the key or the number is taken. */
  insert(
    conversation: number,
    id: bigint,
    seq: Seq,
    senderKey: bigint,
    clientMessageId: bigint,
    flags: number,
    origin: number,
    payload: Uint8Array,
  ): void {
    // A key of 0 is no key, and NULLs are never equal to each other in a unique index.
    const key = clientMessageId === 0n ? null : toSigned64(clientMessageId);
    this.insertRow.run(id, conversation, seq, senderKey, key, flags, origin, payload);
  }

  /** The entry that holds an idempotency key (I1). */
  findByKey(conversation: number, senderKey: bigint, clientMessageId: bigint): EntryRow | undefined {
    const raw = this.byKey.get(toSigned64(clientMessageId), senderKey, conversation);
    return raw && toRow(raw as unknown as RawEntry);
  }

  find(conversation: number, seq: Seq): EntryRow | undefined {
    const raw = this.bySeq.get(conversation, seq);
    return raw && toRow(raw as unknown as RawEntry);
  }

  /** Ascending, those with a greater seq. */
  listAfter(conversation: number, seq: Seq, limit: number): EntryRow[] {
    return this.after.all(conversation, seq, limit).map((raw) => toRow(raw as unknown as RawEntry));
  }

  /** The same from a seq on, read as far as the caller goes. */
  *iterateFrom(conversation: number, seq: Seq, limit: number): Iterable<EntryRow> {
    for (const raw of this.after.iterate(conversation, seq - 1, limit))
      yield toRow(raw as unknown as RawEntry);
  }

  /** Ascending, the page that ends right below a seq. */
  listBefore(conversation: number, firstSeq: Seq, seq: Seq, limit: number): EntryRow[] {
    const rows = this.before.all(conversation, firstSeq, seq, limit);
    return rows.map((raw) => toRow(raw as unknown as RawEntry)).reverse();
  }

  /** The first question in (after, upTo] that was not recalled by then. */
  nextAsk(conversation: number, after: Seq, upTo: Seq): Ask | undefined {
    const raw = this.firstAsk.get(conversation, after, upTo, upTo) as { id: bigint; seq: bigint } | undefined;
    return raw && { seq: Number(raw.seq), time: timeOfId(raw.id) };
  }

  /** How many countable entries of others are in (after, upTo], not recalled by the entry asOf. */
  countOthers(
    conversation: number,
    { after, upTo, asOf }: { after: Seq; upTo: Seq; asOf: Seq },
    readerKey: bigint,
  ): number {
    return (this.countInRange.get(conversation, after, upTo, asOf, readerKey) as { n: number }).n;
  }

  /** Marks an entry as recalled; false when it was already. */
  markRecalled(conversation: number, seq: Seq, by: Seq): boolean {
    return this.recallRow.run(by, conversation, seq).changes === 1;
  }

  /** Entries of all conversations in the order of storing. */
  listAfterId(id: bigint, limit: number): ConversationRow[] {
    return this.allAfterId
      .all(id, limit)
      .map((raw) => toConversationRow(raw as unknown as RawConversationRow));
  }

  /**
   * The first number in 1..head + 1 whose entry has a greater id. Ids grow with numbers, and what is looked for is
   * mostly near the end: from there back in doubling steps, then by halves.
   */
  firstSeqAfter(conversation: number, id: bigint, head: Seq): Seq {
    let high = head + 1;
    let low = head;
    for (let step = 1; low >= 1 && this.idOf(conversation, low) > id; step *= 2) {
      high = low;
      low -= step;
    }
    for (low = Math.max(low, 0) + 1; low < high; ) {
      const middle = Math.floor((low + high) / 2);
      if (this.idOf(conversation, middle) > id) high = middle;
      else low = middle + 1;
    }
    return high;
  }

  private idOf(conversation: number, seq: Seq): bigint {
    const row = this.idBySeq.get(conversation, seq) as { id: bigint } | undefined;
    if (!row) throw new Error(`conversation ${conversation} has no entry ${seq} (O1): run skein check`);
    return row.id;
  }

  lastId(): bigint {
    return (this.lastRow.get() as { id: bigint | null }).id ?? 0n;
  }
}
