import type { Position, Seq, SeqRange, UserId } from '@skein/chat';
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
import type { LogEntry } from './entry.ts';
import type { Journal } from './journal.ts';
import { nowhere } from './members.ts';
import { catchUpRequest } from './pages.ts';
import type { ConversationRow, ListRow, LogRow } from './rows.ts';
import { Screen } from './screen.ts';
import { Standing, type Untold } from './standing.ts';
import { Tally } from './tally.ts';
import { Timeline } from './timeline.ts';
import { placedEntry } from './wire.ts';

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
 * One conversation on this device: its place in the list, what is known of its log, one's own position in it and, while
 * it is open, its screen. It joins these and says what is to be read.
 */
export class Conversation {
  readonly id: string;
  readonly name: ConversationName;
  readonly around: Surroundings;
  readonly tally: Tally;
  readonly #timeline: Timeline;
  readonly standing: Standing;
  /** The head was read from the server since the line came up (S6). */
  isVerified = false;
  refusal: Refusal | undefined;
  /** While it is open. */
  screen: Screen | undefined;

  constructor(id: string, name: ConversationName, around: Surroundings, row?: ConversationRow) {
    this.id = id;
    this.name = name;
    this.around = around;
    this.tally = new Tally(name.kind, around.context, row?.list);
    this.standing = new Standing(name, row);
    const listener = {
      applied: (entry: LogEntry) => this.#applied(entry),
      restarted: () => this.screen?.restart(),
    };
    this.#timeline = new Timeline(id, around.journal, listener, row?.log, this.list.lastSeq);
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

  get log(): LogRow | undefined {
    return this.#timeline.log;
  }

  /** The end of what is known without a hole; 0 when nothing is. */
  get cursor(): Seq {
    return this.#timeline.cursor;
  }

  /** The last entry that anybody told of. */
  get head(): Seq {
    return this.#timeline.head;
  }

  get isCurrent(): boolean {
    return this.isVerified && this.#timeline.isComplete;
  }

  /** Whether the log is to be read on: it is on the screen, on the device, or has news. */
  get isBehind(): boolean {
    if (this.refusal) return false;
    if (this.log) return this.cursor < this.head;
    return this.screen !== undefined || (this.head > this.standing.own.read && this.list.unread > 0);
  }

  /** An entry from anywhere but a page: delivered live, told by the feed, or one's own (S2). */
  offer(entry: LogEntry): void {
    if (this.refusal) this.#timeline.heardOf(entry.seq);
    else if (!this.#timeline.offer(entry, this.standing.own.read)) this.catchUp();
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

  #page(page: ListMessagesResponse, askedHead: Seq): void {
    this.#timeline.takePage(page, askedHead);
    if (this.#timeline.isComplete) this.isVerified = true;
    this.refusal = undefined;
    this.#settled();
    this.catchUp();
    this.screen?.fill();
  }

  #applied(entry: LogEntry): void {
    this.tally.count(entry, this.screen?.window);
    this.screen?.append(entry);
    // R3: what its writer had seen when writing, the writer has read.
    const seen = Math.min(entry.contextSeq ?? 0, entry.seq - 1);
    this.#heard(entry.senderId, { delivered: seen, read: seen });
    if (entry.senderId === this.around.context.userId) this.#raiseRead(seen, 'told');
    this.around.placed(this.id, entry);
  }

  /** A page of what lies before the window, up to the number `to`. */
  takeOlder(page: ListMessagesResponse, to: Seq): readonly LogEntry[] {
    const entries = this.#timeline.takeOlder(page, to);
    for (const entry of entries) this.around.placed(this.id, entry);
    return entries;
  }

  /** The device has lost entries. */
  lost(ranges: readonly SeqRange[]): void {
    this.#timeline.lost(ranges);
  }

  /** The server's word on its place in the list (S5). */
  told(state: ConversationState): void {
    if (!this.tally.told(state)) return;
    this.refusal = undefined;
    this.#timeline.heardOf(this.list.lastSeq);
    this.#untell(this.standing.own.deliveredTold, Number(state.readSeq));
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
    const delivered = Number(own.deliveredSeq);
    const read = Number(own.readSeq);
    this.#untell(delivered, read);
    this.#raiseRead(read, 'told');
    this.toldOwn({ kind: 'delivered', seq: delivered });
  }

  /** Where PUBACK cannot refuse, a receipt may be lost after it: what the server has not, is told again. */
  #untell(delivered: Seq, read: Seq): void {
    if (this.standing.untell(delivered, read)) this.around.ownPositionChanged(this.id);
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
    this.#timeline.forgetStored();
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
