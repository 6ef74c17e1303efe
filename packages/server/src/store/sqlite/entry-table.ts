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
import { Numbering } from './numbering.ts';

/** Greater than every id. */
export const newestId = (1n << 63n) - 1n;

/** The log's table. */
export class EntryTable {
  readonly numbering: Numbering;
  private readonly insertRow;
  private readonly byId;
  private readonly byKey;
  private readonly after;
  private readonly before;
  private readonly firstAsk;
  private readonly countInRange;
  private readonly recallRow;
  private readonly allAfterId;
  private readonly lastRow;

  constructor(db: DatabaseSync) {
    this.numbering = new Numbering(db);
    this.insertRow = db.prepare(
      'INSERT INTO entries (id, conversation, seq, sender, client_id, flags, origin, payload) VALUES (?,?,?,?,?,?,?,?)',
    );
    const select = `SELECT ${entryColumns} FROM entries e`;
    this.byId = prepareBig(db, `${select} WHERE id = ?`);
    this.byKey = prepareBig(db, `${select} WHERE client_id = ? AND sender = ? AND conversation = ?`);
    const numbered = `SELECT ${entryColumns} FROM numbers n JOIN entries e ON e.id = n.id WHERE n.conversation = ?`;
    this.after = prepareBig(db, `${numbered} AND n.seq > ? ORDER BY n.seq LIMIT ?`);
    this.before = prepareBig(db, `${numbered} AND n.seq >= ? AND n.seq < ? ORDER BY n.seq DESC LIMIT ?`);
    this.firstAsk = prepareBig(
      db,
      `SELECT n.id, n.seq FROM numbers n JOIN entries e ON e.id = n.id
       WHERE n.conversation = ? AND n.seq > ? AND n.seq <= ?
       AND e.flags & ${flagAsks} AND (e.recalled_by IS NULL OR e.recalled_by > ?) ORDER BY n.seq LIMIT 1`,
    );
    this.countInRange = db.prepare(
      `SELECT count(*) AS n FROM numbers n JOIN entries e ON e.id = n.id
       WHERE n.conversation = ? AND n.seq > ? AND n.seq <= ?
       AND e.flags & ${flagCountable} AND (e.recalled_by IS NULL OR e.recalled_by > ?) AND e.sender <> ?`,
    );
    this.recallRow = db.prepare('UPDATE entries SET recalled_by = ? WHERE id = ? AND recalled_by IS NULL');
    this.allAfterId = prepareBig(
      db,
      `SELECT ${entryColumns}, e.conversation FROM entries e WHERE e.id > ? ORDER BY e.id LIMIT ?`,
    );
    this.lastRow = prepareBig(db, 'SELECT max(id) AS id FROM entries');
  }

  /** @throws SQLite's unique violation when the key is taken; the number is given away only when it is not. */
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
    this.numbering.append(conversation, seq, id);
  }

  /** The entry that holds an idempotency key (I1). */
  findByKey(conversation: number, senderKey: bigint, clientMessageId: bigint): EntryRow | undefined {
    const raw = this.byKey.get(toSigned64(clientMessageId), senderKey, conversation);
    return raw && toRow(raw as unknown as RawEntry);
  }

  find(conversation: number, seq: Seq): EntryRow | undefined {
    const id = this.numbering.idOf(conversation, seq);
    return id === undefined ? undefined : this.get(id);
  }

  private get(id: bigint): EntryRow {
    return toRow(this.byId.get(id) as unknown as RawEntry);
  }

  /** Ascending, those with a greater seq. */
  listAfter(conversation: number, seq: Seq, limit: number): EntryRow[] {
    return [...this.iterateFrom(conversation, seq + 1, limit)];
  }

  /** The same from a seq on, read as far as the caller goes. */
  *iterateFrom(conversation: number, from: Seq, limit: number): Iterable<EntryRow> {
    let next = from;
    let left = limit;
    const recent = this.numbering.recentRange(conversation);
    if (!recent || from < recent.first) {
      for (const raw of this.after.iterate(conversation, from - 1, limit)) {
        const row = toRow(raw as unknown as RawEntry);
        next = row.seq + 1;
        left -= 1;
        yield row;
      }
    }
    for (; left > 0; left--, next++) {
      const id = this.numbering.recentId(conversation, next);
      if (id === undefined) return;
      yield this.get(id);
    }
  }

  /** Ascending, the page that ends right below a seq. */
  listBefore(conversation: number, firstSeq: Seq, seq: Seq, limit: number): EntryRow[] {
    const descending: EntryRow[] = [];
    const recent = this.numbering.recentRange(conversation);
    let below = Math.min(seq, recent?.end ?? seq);
    for (
      const first = recent?.first ?? below;
      below > Math.max(first, firstSeq) && descending.length < limit;
    ) {
      below -= 1;
      descending.push(this.get(this.numbering.recentId(conversation, below)!));
    }
    const left = limit - descending.length;
    if (left > 0) {
      const rows = this.before.all(conversation, firstSeq, below, left);
      descending.push(...rows.map((raw) => toRow(raw as unknown as RawEntry)));
    }
    return descending.reverse();
  }

  /** The first question in (after, upTo] that was not recalled by then. Within a transaction. */
  nextAsk(conversation: number, after: Seq, upTo: Seq): Ask | undefined {
    this.numbering.write(conversation);
    const raw = this.firstAsk.get(conversation, after, upTo, upTo) as { id: bigint; seq: bigint } | undefined;
    return raw && { seq: Number(raw.seq), time: timeOfId(raw.id) };
  }

  /** How many countable entries of others are in (after, upTo], not recalled by the entry asOf. Within a transaction. */
  countOthers(
    conversation: number,
    { after, upTo, asOf }: { after: Seq; upTo: Seq; asOf: Seq },
    readerKey: bigint,
  ): number {
    this.numbering.write(conversation);
    return (this.countInRange.get(conversation, after, upTo, asOf, readerKey) as { n: number }).n;
  }

  /** Marks an entry as recalled; false when it was already. */
  markRecalled(conversation: number, seq: Seq, by: Seq): boolean {
    const id = this.numbering.idOf(conversation, seq);
    return id !== undefined && this.recallRow.run(by, id).changes === 1;
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
    const id = this.numbering.idOf(conversation, seq);
    if (id === undefined) {
      throw new Error(`conversation ${conversation} has no entry ${seq} (O1): run skein check`);
    }
    return id;
  }

  lastId(): bigint {
    return (this.lastRow.get() as { id: bigint | null }).id ?? 0n;
  }
}
