import type { Seq, SeqRange } from '@skein/chat';
import type { ListMessagesResponse } from '@skein/protocol';
import { Ahead } from './ahead.ts';
import type { LogEntry } from './entry.ts';
import type { Journal } from './journal.ts';
import { emptied, logAt, movedTo, placeOf, withFirst, withoutRange, withRange } from './log.ts';
import { entriesOf } from './pages.ts';
import type { LogRow } from './rows.ts';
import { given } from './wire.ts';

export interface TimelineListener {
  /** The next entry of the log, once each and in order. */
  applied(entry: LogEntry): void;
  /** A hole that is too long to be closed now: the newest range begins anew above it. */
  restarted(): void;
}

/**
 * What this device knows of a conversation's log. Live entries, pages and own sends come in by one door, which keeps
 * the newest range whole and writes entries and cursor together (S2, S3).
 */
export class Timeline {
  readonly #id: string;
  readonly #journal: Journal;
  readonly #listener: TimelineListener;
  readonly #ahead = new Ahead();
  #log: LogRow | undefined;
  #head: Seq;

  /** @param head the last entry that the list tells of */
  constructor(id: string, journal: Journal, listener: TimelineListener, log: LogRow | undefined, head: Seq) {
    this.#id = id;
    this.#journal = journal;
    this.#listener = listener;
    this.#log = log;
    this.#head = Math.max(head, this.cursor);
  }

  /** Undefined while nothing is known. */
  get log(): LogRow | undefined {
    return this.#log;
  }

  /** The end of what is known without a hole; 0 when nothing is. */
  get cursor(): Seq {
    return this.#log?.newest.to ?? 0;
  }

  /** The last entry that anybody told of. */
  get head(): Seq {
    return this.#head;
  }

  get isComplete(): boolean {
    return this.#log !== undefined && this.cursor >= this.#head;
  }

  heardOf(seq: Seq): void {
    this.#head = Math.max(this.#head, seq);
  }

  /**
   * An entry from anywhere but a page: delivered live, told by the feed, or one's own (S2).
   *
   * @param knownTo a position up to which nothing is missed, so that a log of which nothing is known may begin there
   * @returns false when something below it is missing
   */
  offer(entry: LogEntry, knownTo: Seq): boolean {
    const { seq } = entry;
    this.heardOf(seq);
    if (!this.#log && seq === this.#head && knownTo >= seq - 1) this.#log = logAt(seq - 1);
    if (seq === 1 && this.cursor === 0 && this.#log) this.#log = withFirst(this.#log, 1);
    switch (this.#log ? placeOf(this.#log, seq) : 'beyond') {
      case 'next':
        this.#take([entry]);
        return true;
      case 'known':
        return true;
      case 'beyond':
        this.#ahead.add(entry);
        return false;
    }
  }

  /**
   * The page that follows the cursor, or the newest one.
   *
   * @param askedHead the head when it was asked for
   */
  takePage(page: ListMessagesResponse, askedHead: Seq): void {
    const entries = entriesOf(page, this.#id);
    const headSeq = Number(page.headSeq);
    const before = this.cursor;
    this.#log = this.#withFirstOf(page, this.#log ?? logAt((entries[0]?.seq ?? headSeq + 1) - 1));
    // What lies before the first readable entry is missing for ever: who joined again begins there.
    this.#skipTo((this.#log.firstSeq ?? 1) - 1);
    const fresh = entries.filter(({ seq }) => seq > this.cursor);
    this.#skipTo((fresh[0]?.seq ?? 1) - 1);
    this.#take(fresh);
    // What was said to be there and is not, nor came meanwhile, was a false alarm.
    const isStuck = this.cursor === before && this.#head === askedHead && fresh.length === 0;
    this.#head = isStuck ? this.cursor : Math.max(this.#head, headSeq);
  }

  #skipTo(cursor: Seq): void {
    if (!this.#log || cursor <= this.cursor) return;
    this.#log = movedTo(this.#log, cursor);
    this.#listener.restarted();
  }

  /** The entries right after the cursor, and those ahead that they lead to. */
  #take(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#apply(entry);
    for (let next = this.#ahead.get(this.cursor + 1); next; next = this.#ahead.get(this.cursor + 1)) {
      this.#apply(next);
    }
    this.#ahead.dropUpTo(this.cursor);
    this.heardOf(this.cursor);
    this.#journal.putConversation(this.#id);
  }

  #apply(entry: LogEntry): void {
    if (!this.#log || entry.seq !== this.cursor + 1) return;
    this.#log = withRange(this.#log, { from: entry.seq, to: entry.seq });
    this.#journal.putEntry(this.#id, entry);
    this.#listener.applied(entry);
  }

  /** A page that ends at `to`. Nothing in it: what this user may read begins above. */
  takeOlder(page: ListMessagesResponse, to: Seq): readonly LogEntry[] {
    if (!this.#log) return [];
    this.#log = this.#withFirstOf(page, this.#log);
    const entries = entriesOf(page, this.#id).filter(({ seq }) => seq <= to);
    const [first] = entries;
    if (!first || entries.at(-1)?.seq !== to) {
      this.#log = withFirst(this.#log, Math.max(this.#log.firstSeq ?? 1, to + 1));
      return [];
    }
    this.#log = withRange(this.#log, { from: first.seq, to });
    for (const entry of entries) this.#journal.putEntry(this.#id, entry);
    this.#journal.putConversation(this.#id);
    return entries;
  }

  #withFirstOf(page: ListMessagesResponse, log: LogRow): LogRow {
    const { firstSeq } = given(page);
    return firstSeq === undefined ? log : withFirst(log, Number(firstSeq));
  }

  /** The device has lost entries: they are unknown again. */
  lost(ranges: readonly SeqRange[]): void {
    if (!this.#log || ranges.length === 0) return;
    this.#log = ranges.reduce(withoutRange, this.#log);
    this.#journal.putConversation(this.#id);
  }

  /** The device has given up its copy: the cursor is all that is known. */
  forgetStored(): void {
    if (this.#log) this.#log = emptied(this.#log);
  }
}
