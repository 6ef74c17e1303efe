import { firstBreach, type Seq } from '@skein/chat';
import {
  type ConversationName,
  type ConversationState,
  type GetPositionsResponse,
  type ListMessagesResponse,
  type Receipt,
  Receipt_Kind,
  type Refusal,
} from '@skein/protocol';
import type { Calls } from './calls.ts';
import type { Context } from './context.ts';
import { emptyList, type Known, withEntry, withRead, withState } from './counts.ts';
import type { LogEntry } from './entry.ts';
import type { Journal } from './journal.ts';
import { aheadEntries, recentEntries } from './limits.ts';
import { logAt, placeOf, withRange } from './log.ts';
import type { Untold } from './receipt-sender.ts';
import { catchUpRequest } from './requests.ts';
import type { ConversationRow, ListRow, LogRow, OwnPosition } from './rows.ts';
import { Screen } from './screen.ts';
import { given, placedEntry } from './wire.ts';

/** What a conversation asks of the core around it. */
export interface Surroundings {
  readonly context: Context;
  readonly journal: Journal;
  readonly calls: Calls;
  /** An entry is in the log, right after the one before. */
  placed(conversationId: string, entry: LogEntry): void;
  /** The log is known up to here. */
  reached(conversationId: string, seq: Seq): void;
  /** One's own position may have something that the server does not know. */
  ownPositionChanged(conversationId: string): void;
  /** The answer is of another store: undefined; nothing of it may be used (S4). */
  isOfThisEpoch(epoch: string | undefined): boolean;
}

/**
 * One conversation on this device: its place in the list, what is known of its log, and one's own position in it.
 * Live entries, pages and own sends come in by one door, `take`, which keeps the newest range whole (S2, S3).
 */
export class Conversation {
  readonly id: string;
  readonly name: ConversationName;
  readonly around: Surroundings;
  list: ListRow;
  log: LogRow | undefined;
  own: OwnPosition;
  /** The last entry that anybody told of. */
  head: Seq;
  /** The head was read from the server since the line came up (S6). */
  isVerified = false;
  /** The end of the log on the device. */
  storedTo: Seq;
  refusal: Refusal | undefined;
  /** While it is open. */
  screen: Screen | undefined;
  /** Live entries that wait for the hole below them. */
  readonly #ahead = new Map<Seq, LogEntry>();
  /** The last entries that were counted, for what a recall or an answer is about. */
  #recent: LogEntry[] = [];

  constructor(id: string, name: ConversationName, around: Surroundings, row?: ConversationRow) {
    this.id = id;
    this.name = name;
    this.around = around;
    this.list = row?.list ?? emptyList;
    this.log = row?.log;
    this.own = row?.own ?? { read: 0, deliveredTold: 0, readTold: 0 };
    this.storedTo = this.log?.newest.to ?? 0;
    this.head = Math.max(this.list.lastSeq, this.storedTo);
  }

  get row(): ConversationRow {
    const { id, list, log, own } = this;
    return { conversationId: id, list, ...(log && { log }), own };
  }

  /** The end of what is known without a hole; 0 when nothing is. */
  get cursor(): Seq {
    return this.log?.newest.to ?? 0;
  }

  get isCurrent(): boolean {
    return this.isVerified && this.log !== undefined && this.cursor >= this.head;
  }

  /** Whether the log is to be read on: it is on the screen, on the device, or has news. */
  get isBehind(): boolean {
    if (this.refusal) return false;
    if (this.log) return this.cursor < this.head;
    return this.screen !== undefined || (this.head > this.own.read && this.list.unread > 0);
  }

  /** An entry from anywhere but a page: delivered live, told by the feed, or one's own (S2). */
  offer(entry: LogEntry): void {
    this.head = Math.max(this.head, entry.seq);
    // Nothing is known, and nothing before it is missed: the log on this device begins here.
    if (!this.log && entry.seq === this.head && this.own.read >= entry.seq - 1) {
      this.log = logAt(entry.seq - 1);
      if (entry.seq === 1) this.log = { ...this.log, firstSeq: 1 };
    }
    switch (this.log ? placeOf(this.log, entry.seq) : 'beyond') {
      case 'next':
        this.#take([entry]);
        break;
      case 'beyond':
        if (this.#ahead.size < aheadEntries) this.#ahead.set(entry.seq, entry);
        this.catchUp();
        break;
      case 'known':
        break;
    }
    this.#settled();
  }

  /** Reads on from the cursor, as long as something is missing. */
  catchUp(): void {
    if (!this.isBehind && (this.isVerified || !this.screen)) return;
    const { calls } = this.around;
    let asked = 0;
    calls.want({
      key: `entries ${this.id}`,
      urgency: this.screen ? 1 : 2,
      request: () => {
        if (this.isCurrent || (!this.isBehind && !this.screen)) return undefined;
        asked = this.head;
        return catchUpRequest(this);
      },
      answered: ({ call, answer }) => {
        if (call === 'listMessages' && this.around.isOfThisEpoch(answer.epoch)) this.#page(answer, asked);
      },
      refused: (refusal) => this.#refuse(refusal),
    });
  }

  /** @param asked the head that was known when it was asked for */
  #page(page: ListMessagesResponse, asked: Seq): void {
    const entries = entriesOf(page, this.id);
    const headSeq = Number(page.headSeq);
    const before = this.cursor;
    if (!this.log) this.log = logAt((entries[0]?.seq ?? headSeq + 1) - 1);
    this.#knowFirst(page);
    const fresh = entries.filter(({ seq }) => seq > this.cursor);
    const first = fresh[0];
    if (first && first.seq > this.cursor + 1) this.#jumpTo(first.seq - 1);
    this.#take(fresh);
    // What was said to be there and is not, nor came meanwhile, was a false alarm.
    const isStuck = this.cursor === before && this.head === asked && fresh.length === 0;
    this.head = isStuck ? this.cursor : Math.max(this.head, headSeq);
    if (this.cursor >= this.head) this.isVerified = true;
    this.refusal = undefined;
    this.#changed();
    this.catchUp();
    this.screen?.fill();
  }

  /** The hole is too long to be closed now: the newest range begins anew above it. */
  #jumpTo(cursor: Seq): void {
    if (!this.log) return;
    const { older, newest } = this.log;
    const known = newest.from <= newest.to ? [...older, newest] : older;
    this.log = { ...this.log, older: known, newest: { from: cursor + 1, to: cursor } };
    this.screen?.restart();
  }

  /** The entries right after the cursor, and those ahead that they lead to. */
  #take(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#takeNext(entry);
    for (let next = this.#ahead.get(this.cursor + 1); next; next = this.#ahead.get(this.cursor + 1)) {
      this.#takeNext(next);
    }
    for (const seq of this.#ahead.keys()) if (seq <= this.cursor) this.#ahead.delete(seq);
    this.head = Math.max(this.head, this.cursor);
    this.around.journal.putConversation(this.id);
    this.#changed();
  }

  #takeNext(entry: LogEntry): void {
    const { context, journal } = this.around;
    if (!this.log || entry.seq !== this.cursor + 1) return;
    this.log = withRange(this.log, { from: entry.seq, to: entry.seq });
    journal.putEntry(this.id, entry);
    this.list = withEntry(this.list, entry, this.#known());
    this.#recent.push(entry);
    if (this.#recent.length > recentEntries) this.#recent.shift();
    this.screen?.append(entry);
    // R3: what one had seen when writing, one has read.
    if (entry.senderId === context.userId)
      this.#raiseRead(Math.min(entry.contextSeq ?? 0, entry.seq - 1), 'told');
    this.around.placed(this.id, entry);
  }

  #known(): Known {
    const { userId, replyPolicy } = this.around.context;
    const isRecalled = (seq: Seq) => this.screen?.window?.isRecalled(seq) ?? false;
    return {
      userId,
      policy: replyPolicy,
      kind: this.name.kind,
      find: (seq) => {
        const found = this.screen?.window?.find(seq) ?? this.#recent.find((entry) => entry.seq === seq);
        return found && !isRecalled(seq) ? found : undefined;
      },
      above: (seq) => {
        const { window } = this.screen ?? {};
        const entries = window?.reachesTo(seq + 1) ? window.entries : this.#recent;
        return entries.filter((entry) => entry.seq > seq);
      },
    };
  }

  /** A page of what lies before the window; `to` is the last number that it speaks of. */
  takeOlder(page: ListMessagesResponse, to: Seq): LogEntry[] {
    this.#knowFirst(page);
    const entries = entriesOf(page, this.id).filter(({ seq }) => seq <= to);
    const last = entries.at(-1)?.seq;
    if (!this.log || last !== to) {
      // Nothing is right below: what this user may read begins here.
      if (this.log) this.log = { ...this.log, firstSeq: Math.max(this.log.firstSeq ?? 1, to + 1) };
      return [];
    }
    this.log = withRange(this.log, { from: entries[0]!.seq, to });
    for (const entry of entries) this.around.journal.putEntry(this.id, entry);
    this.around.journal.putConversation(this.id);
    return entries;
  }

  #knowFirst(page: ListMessagesResponse): void {
    const { firstSeq } = given(page);
    if (this.log && firstSeq !== undefined) this.log = { ...this.log, firstSeq: Number(firstSeq) };
  }

  /** The server's word on its place in the list (S5). */
  told(state: ConversationState): void {
    const before = this.list;
    this.list = withState(this.list, state);
    if (this.list === before) return;
    if (this.list.lastSeq === Number(state.lastSeq)) this.#recent = [];
    this.refusal = undefined;
    this.head = Math.max(this.head, this.list.lastSeq);
    this.#untell(this.own.deliveredTold, Number(state.readSeq));
    this.#raiseRead(Number(state.readSeq), 'told');
    this.list = withRead(
      this.list,
      this.own.read,
      this.around.context.userId,
      this.#entriesAbove(this.own.read),
    );
    this.around.journal.putConversation(this.id);
    const entry = state.lastEntry && placedEntry(state.lastEntry)?.entry;
    if (entry) this.offer(entry);
    this.catchUp();
    this.#settled();
  }

  /** The line is down, or up again: what was known of the head may be old. */
  unverify(): void {
    this.isVerified = false;
    if (this.screen) this.around.context.conversationChanged(this.id);
  }

  /** The list has been read: nothing is newer than what it told. */
  verify(): void {
    if (this.isVerified || (!this.log && this.head > 0)) return;
    this.isVerified = true;
    if (this.screen) this.around.context.conversationChanged(this.id);
  }

  markRead(seq: Seq): void {
    this.#raiseRead(Math.min(seq, Math.max(this.cursor, this.list.lastSeq)), 'untold');
  }

  /** A position of another member, or one's own from another device. */
  receipt(receipt: Receipt): void {
    const seq = Number(receipt.seq);
    const isRead = receipt.kind === Receipt_Kind.READ;
    if (receipt.userId === this.around.context.userId) {
      if (isRead) this.#raiseRead(seq, 'told');
      else this.toldOwn({ kind: 'delivered', seq });
    }
    this.screen?.receipt(
      receipt.userId,
      isRead ? { delivered: seq, read: seq } : { delivered: seq, read: 0 },
    );
  }

  positions(answer: GetPositionsResponse): void {
    const { userId } = this.around.context;
    const own = answer.members.find((member) => member.userId === userId);
    if (!own) return;
    const [delivered, read] = [Number(own.deliveredSeq), Number(own.readSeq)];
    this.#untell(delivered, read);
    this.#raiseRead(read, 'told');
    this.toldOwn({ kind: 'delivered', seq: delivered });
  }

  /**
   * The server's word on what it was told: where PUBACK cannot refuse (3.1.1, a stock broker), a receipt may have been
   * lost after it. One that is told again does no harm.
   */
  #untell(delivered: Seq, read: Seq): void {
    const { own } = this;
    const deliveredTold = Math.min(own.deliveredTold, delivered);
    const readTold = Math.min(own.readTold, read);
    if (deliveredTold === own.deliveredTold && readTold === own.readTold) return;
    this.own = { ...own, deliveredTold, readTold };
    this.around.ownPositionChanged(this.id);
  }

  #raiseRead(seq: Seq, by: 'told' | 'untold'): void {
    const { own } = this;
    const readTold = by === 'told' ? Math.max(own.readTold, seq) : own.readTold;
    if (seq <= own.read && readTold === own.readTold) return;
    this.own = { ...own, readTold, read: Math.max(own.read, seq) };
    this.list = withRead(
      this.list,
      this.own.read,
      this.around.context.userId,
      this.#entriesAbove(this.own.read),
    );
    this.around.journal.putConversation(this.id, by === 'told' ? 'soon' : 'now');
    this.around.ownPositionChanged(this.id);
    this.#changed();
  }

  /** All entries above a position, if they are at hand. */
  #entriesAbove(seq: Seq): Iterable<LogEntry> | undefined {
    const { window } = this.screen ?? {};
    if (!window?.reachesTo(seq + 1) || this.cursor !== this.list.lastSeq) return undefined;
    return window.entries.filter((entry) => entry.seq > seq);
  }

  /** The device has the log up to here. */
  stored(cursor: Seq): void {
    this.storedTo = Math.max(this.storedTo, cursor);
    this.around.ownPositionChanged(this.id);
  }

  /** R2: delivered is what is on the device, and nothing that lies beyond a hole. */
  get untold(): Untold | undefined {
    const { own, log } = this;
    if (own.read > own.readTold) return { kind: 'read', seq: own.read };
    const told = Math.max(own.deliveredTold, own.readTold);
    const reachesDown = log && (log.newest.from <= told + 1 || log.newest.from <= (log.firstSeq ?? 0));
    const delivered = Math.min(this.storedTo, this.cursor);
    return reachesDown && delivered > told ? { kind: 'delivered', seq: delivered } : undefined;
  }

  /** The server has a position of one's own. */
  toldOwn({ kind, seq }: Untold): void {
    if (kind === 'read') {
      this.#raiseRead(seq, 'told');
      return;
    }
    if (seq <= this.own.deliveredTold) return;
    this.own = { ...this.own, deliveredTold: seq };
    this.around.journal.putConversation(this.id, 'soon');
  }

  /** The device has given up its copy: the cursor is all that is known. */
  forgetStored(): void {
    if (this.log)
      this.log = { ...logAt(this.cursor), ...(this.log.firstSeq && { firstSeq: this.log.firstSeq }) };
  }

  /** The line is up: what is on the screen is read at once, beside the list. */
  reread(): void {
    this.refusal = undefined;
    this.screen?.readPositions();
    this.catchUp();
  }

  open(): void {
    this.screen ??= new Screen(this);
    this.screen.open();
    this.catchUp();
  }

  #refuse(refusal: Refusal): void {
    this.refusal = refusal;
    this.around.reached(this.id, Number.MAX_SAFE_INTEGER);
    this.#changed();
  }

  /** Own sends that are stored at or below the cursor are shown by their entries. */
  #settled(): void {
    if (this.log) this.around.reached(this.id, this.cursor);
    this.#changed();
  }

  #changed(): void {
    this.around.context.listChanged();
    if (this.screen) this.around.context.conversationChanged(this.id);
  }
}

/** The page's entries of this conversation, as far as they follow one another (O1). */
function entriesOf(page: ListMessagesResponse, conversationId: string): LogEntry[] {
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
