import type { Position, Seq, UserId } from '@skein/chat';
import {
  type ConversationName,
  type ConversationState,
  type GetPositionsResponse,
  type ListMessagesResponse,
  type Receipt,
  Receipt_Kind,
  type Refusal,
} from '@skein/protocol';
import { Ahead } from './ahead.ts';
import type { Calls } from './calls.ts';
import type { Context } from './context.ts';
import type { LogEntry } from './entry.ts';
import type { Journal } from './journal.ts';
import { emptied, logAt, movedTo, placeOf, withRange } from './log.ts';
import { nowhere } from './members.ts';
import { catchUpRequest, entriesOf } from './pages.ts';
import type { ConversationRow, ListRow, LogRow } from './rows.ts';
import { Screen } from './screen.ts';
import { Standing, type Untold } from './standing.ts';
import { Tally } from './tally.ts';
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
  readonly tally: Tally;
  log: LogRow | undefined;
  readonly standing: Standing;
  /** The last entry that anybody told of. */
  head: Seq;
  /** The head was read from the server since the line came up (S6). */
  isVerified = false;
  refusal: Refusal | undefined;
  /** While it is open. */
  screen: Screen | undefined;
  /** Live entries that wait for the hole below them. */
  readonly #ahead = new Ahead();

  constructor(id: string, name: ConversationName, around: Surroundings, row?: ConversationRow) {
    this.id = id;
    this.name = name;
    this.around = around;
    this.tally = new Tally(name.kind, around.context, row?.list);
    this.log = row?.log;
    this.standing = new Standing(name, row);
    this.head = Math.max(this.list.lastSeq, this.cursor);
  }

  get row(): ConversationRow {
    const { id, list, log } = this;
    const { own, reached } = this.standing;
    return { conversationId: id, list, ...(log && { log }), own, reached };
  }

  /** As it stands in the list. */
  get list(): ListRow {
    return this.tally.row;
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
    return this.screen !== undefined || (this.head > this.standing.own.read && this.list.unread > 0);
  }

  /** An entry from anywhere but a page: delivered live, told by the feed, or one's own (S2). */
  offer(entry: LogEntry): void {
    this.head = Math.max(this.head, entry.seq);
    if (this.refusal) {
      this.#settled();
      return;
    }
    // Nothing is known, and nothing before it is missed: the log on this device begins here.
    if (!this.log && entry.seq === this.head && this.standing.own.read >= entry.seq - 1) {
      this.log = logAt(entry.seq - 1);
      if (entry.seq === 1) this.log = { ...this.log, firstSeq: 1 };
    }
    switch (this.log ? placeOf(this.log, entry.seq) : 'beyond') {
      case 'next':
        this.#take([entry]);
        break;
      case 'beyond':
        this.#ahead.add(entry);
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
      isMissing: true,
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
    // What lies before the first readable entry is missing for ever: who joined again begins there.
    const readable = this.log.firstSeq ?? 1;
    if (readable > this.cursor + 1) this.#jumpTo(readable - 1);
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
    if (this.log) this.log = movedTo(this.log, cursor);
    this.screen?.restart();
  }

  /** The entries right after the cursor, and those ahead that they lead to. */
  #take(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#takeNext(entry);
    for (let next = this.#ahead.get(this.cursor + 1); next; next = this.#ahead.get(this.cursor + 1)) {
      this.#takeNext(next);
    }
    this.#ahead.dropUpTo(this.cursor);
    this.head = Math.max(this.head, this.cursor);
    this.around.journal.putConversation(this.id);
    this.#changed();
  }

  #takeNext(entry: LogEntry): void {
    const { context, journal } = this.around;
    if (!this.log || entry.seq !== this.cursor + 1) return;
    this.log = withRange(this.log, { from: entry.seq, to: entry.seq });
    journal.putEntry(this.id, entry);
    this.tally.count(entry, this.screen?.window);
    this.screen?.append(entry);
    // R3: what its writer had seen when writing, the writer has read.
    const seen = Math.min(entry.contextSeq ?? 0, entry.seq - 1);
    this.#heard(entry.senderId, { delivered: seen, read: seen });
    if (entry.senderId === context.userId) this.#raiseRead(seen, 'told');
    this.around.placed(this.id, entry);
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
    for (const entry of entries) {
      this.around.journal.putEntry(this.id, entry);
      this.around.placed(this.id, entry);
    }
    this.around.journal.putConversation(this.id);
    return entries;
  }

  #knowFirst(page: ListMessagesResponse): void {
    const { firstSeq } = given(page);
    if (this.log && firstSeq !== undefined) this.log = { ...this.log, firstSeq: Number(firstSeq) };
  }

  /** The server's word on its place in the list (S5). */
  told(state: ConversationState): void {
    if (!this.tally.told(state)) return;
    this.refusal = undefined;
    this.head = Math.max(this.head, this.list.lastSeq);
    this.#raiseRead(Number(state.readSeq), 'told');
    this.tally.read(this.standing.own.read, this.#entriesAbove(this.standing.own.read));
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
    const position = { delivered: seq, read: isRead ? seq : 0 };
    this.screen?.receipt(receipt.userId, position);
    this.#heard(receipt.userId, position);
  }

  #heard(userId: UserId, position: Position): void {
    const { userId: me } = this.around.context;
    const everybody = this.screen?.members.everybody(me) ?? nowhere;
    if (!this.standing.heard(me, userId, position, everybody)) return;
    this.around.journal.putConversation(this.id, 'soon');
    this.#changed();
  }

  /** The members' positions, from the server. */
  positions(answer: GetPositionsResponse): void {
    const { userId } = this.around.context;
    for (const { userId: other, deliveredSeq, readSeq } of answer.members) {
      this.#heard(other, { delivered: Number(deliveredSeq), read: Number(readSeq) });
    }
    const own = answer.members.find((member) => member.userId === userId);
    if (!own) return;
    this.#raiseRead(Number(own.readSeq), 'told');
    this.toldOwn({ kind: 'delivered', seq: Number(own.deliveredSeq) });
  }

  #raiseRead(seq: Seq, by: 'told' | 'untold'): void {
    if (!this.standing.read(seq, by)) return;
    this.tally.read(this.standing.own.read, this.#entriesAbove(this.standing.own.read));
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
    this.standing.stored(cursor);
    this.around.ownPositionChanged(this.id);
  }

  /** What the server does not know of one's own position. */
  get untold(): Untold | undefined {
    return this.standing.untold(this.log);
  }

  /** The server has a position of one's own. */
  toldOwn({ kind, seq }: Untold): void {
    if (kind === 'read') this.#raiseRead(seq, 'told');
    else if (this.standing.toldDelivered(seq)) this.around.journal.putConversation(this.id, 'soon');
  }

  /** The device has given up its copy: the cursor is all that is known. */
  forgetStored(): void {
    if (this.log) this.log = emptied(this.log);
  }

  /** The line is up: what is on the screen is read at once, beside the list. */
  reread(): void {
    this.refusal = undefined;
    this.catchUp();
    this.screen?.readPositions();
  }

  open(): void {
    this.screen ??= new Screen(this);
    this.screen.open();
    this.catchUp();
    this.screen.readPositions();
  }

  #refuse(refusal: Refusal): void {
    this.refusal = refusal;
    this.around.reached(this.id, Number.MAX_SAFE_INTEGER);
    this.#changed();
  }

  /** Own sends are done when their entries are shown, or when nobody will read up to there. */
  #settled(): void {
    this.around.reached(this.id, this.isBehind ? this.cursor : this.head);
    this.#changed();
  }

  #changed(): void {
    this.around.context.listChanged();
    if (this.screen) this.around.context.conversationChanged(this.id);
  }
}
