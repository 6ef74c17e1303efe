import { holes, type Position, type Seq, type SeqRange, type UserId } from '@skein/chat';
import type { Conversation } from './conversation.ts';
import type { LogEntry, MemberPosition } from './entry.ts';
import { pageEntries } from './limits.ts';
import { knownUpTo } from './log.ts';
import { Members } from './members.ts';
import { olderRequest } from './pages.ts';
import { Window } from './window.ts';

/** Entries on their way from the device. */
interface Loading {
  readonly token: number;
  /** Absent: only the positions are loaded. */
  readonly range: SeqRange | undefined;
  /** What was not on the device yet when it was asked. */
  readonly unsaved: readonly LogEntry[];
  /** The newest entries: those that come live meanwhile belong behind them. */
  readonly isNewest: boolean;
  readonly meanwhile: LogEntry[];
  /** Positions were asked for; what the device has may be of another epoch. */
  readonly positions: boolean;
}

/** What an open conversation has in memory: the window on its log, and how far its members are. */
export class Screen {
  readonly members = new Members();
  /** Undefined until the newest entries have come from the device. */
  window: Window | undefined;
  readonly #conversation: Conversation;
  #loading: Loading | undefined;
  #opened = 0;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  get #around() {
    return this.#conversation.around;
  }

  get #olderKey(): string {
    return `older ${this.#conversation.id}`;
  }

  open(): void {
    this.#opened += 1;
    if (this.#opened > 1) return;
    const { log } = this.#conversation;
    const { from, to } = log?.newest ?? { from: 1, to: 0 };
    this.#load(from <= to ? { from: Math.max(from, to - pageEntries + 1), to } : undefined, true);
  }

  /** The screen of the same conversation after its log was dropped: empty, for the same onlookers. */
  transferTo(conversation: Conversation): Screen {
    const screen = new Screen(conversation);
    screen.#opened = this.#opened;
    screen.window = new Window();
    return screen;
  }

  /** @returns whether nobody looks any more. */
  close(): boolean {
    this.#opened -= 1;
    return this.#opened <= 0;
  }

  /** A receipt that was lost is missed by nobody: positions that lag behind are asked for now and then. */
  readPositionsBehind(): void {
    const { cursor } = this.#conversation;
    if (this.members.positions.some(({ read }) => read < cursor)) this.readPositions();
  }

  /** The positions of the members, from the server. */
  readPositions(): void {
    const { id } = this.#conversation;
    this.#around.calls.want({
      key: `positions ${id}`,
      urgency: 1,
      isMissing: false,
      request: () =>
        this.#conversation.screen === this
          ? { call: 'getPositions', request: { conversationId: id } }
          : undefined,
      answered: ({ call, answer }) => {
        if (call !== 'getPositions' || !this.#around.isOfThisEpoch(answer.epoch)) return;
        const members = answer.members.map(({ userId, deliveredSeq, readSeq }) => ({
          userId,
          delivered: Number(deliveredSeq),
          read: Number(readSeq),
        }));
        this.members.replace(members, 'server');
        this.#conversation.positions(answer);
        this.#around.journal.putPositions(id);
        this.#around.context.conversationChanged(id);
      },
      refused: () => {},
    });
  }

  receipt(userId: UserId, position: Position): void {
    // Somebody has joined, and has read everything before.
    if (!this.members.has(userId)) this.readPositions();
    if (!this.members.raise(userId, position)) return;
    this.#around.journal.putPositions(this.#conversation.id);
    this.#around.context.conversationChanged(this.#conversation.id);
  }

  /** The next entry of the log. */
  append(entry: LogEntry): void {
    this.members.wrote(entry);
    if (this.window) this.window.append(entry);
    else this.#loading?.meanwhile.push(entry);
  }

  /** The newest range begins anew, with a hole below. */
  restart(): void {
    this.#loading = undefined;
    this.window = new Window();
  }

  /** The number below which nothing is shown. */
  get #top(): Seq {
    return this.window?.first ?? this.#conversation.cursor + 1;
  }

  get older(): 'more' | 'loading' | 'none' | 'limit' {
    const { log } = this.#conversation;
    if (!this.window || !log || this.#loading || this.#around.calls.wants(this.#olderKey)) return 'loading';
    if (this.#top <= (log.firstSeq ?? 1)) return 'none';
    return this.window.isFull ? 'limit' : 'more';
  }

  /** A screen that is not full is filled. */
  fill(): void {
    if (this.window && this.window.size < pageEntries) this.readOlder();
  }

  /** One more page: from the device if it is there, else from the server. */
  readOlder(): void {
    const { log } = this.#conversation;
    if (!log || this.older !== 'more') return;
    const to = this.#top - 1;
    const known = knownUpTo(log, to);
    if (known) this.#load({ from: Math.max(known.from, to - pageEntries + 1), to }, false);
    else this.#fetchOlder(to);
    this.#around.context.conversationChanged(this.#conversation.id);
  }

  #fetchOlder(to: Seq): void {
    const conversation = this.#conversation;
    this.#around.calls.want({
      key: this.#olderKey,
      urgency: 1,
      isMissing: false,
      // The window may have begun anew since it was wanted.
      request: () =>
        conversation.screen === this && this.#top === to + 1
          ? olderRequest(conversation.id, to + 1)
          : undefined,
      answered: ({ call, answer }) => {
        if (call !== 'listMessages' || !this.#around.isOfThisEpoch(answer.epoch)) return;
        const entries = conversation.takeOlder(answer, to);
        if (this.window && this.#top === to + 1) this.window.prepend(entries);
        this.#around.context.conversationChanged(conversation.id);
        this.fill();
      },
      refused: () => this.#around.context.conversationChanged(conversation.id),
    });
  }

  #load(range: SeqRange | undefined, isNewest: boolean): void {
    const { id } = this.#conversation;
    const { context, journal } = this.#around;
    const token = context.token();
    const unsaved = range ? journal.unsavedEntries(id) : [];
    const positions = isNewest && !journal.removes(id);
    this.#loading = { token, range, unsaved, isNewest, meanwhile: [], positions };
    context.emit({
      type: 'load',
      token,
      conversationId: id,
      ...(range && { range }),
      positions,
    });
  }

  /** @returns whether the token was its own. */
  loaded(token: number, entries: readonly LogEntry[], positions: readonly MemberPosition[] = []): boolean {
    const loading = this.#loading;
    if (loading?.token !== token) return false;
    this.#loading = undefined;
    if (loading.positions && positions.length > 0) this.members.replace(positions, 'device');
    const usable = loading.range ? this.#usable(loading.range, [...entries, ...loading.unsaved]) : [];
    if (loading.isNewest) {
      this.window = new Window();
      for (const entry of [...usable, ...loading.meanwhile]) this.window.append(entry);
      this.fill();
    } else if (this.window && usable.at(-1)?.seq === this.#top - 1) {
      this.window.prepend(usable);
    } else {
      this.readOlder();
    }
    this.#around.context.conversationChanged(this.#conversation.id);
    return true;
  }

  /** What follows the last hole. Holes are what the device has lost: it is read from the server again. */
  #usable(range: SeqRange, entries: readonly LogEntry[]): LogEntry[] {
    const bySeq = new Map(entries.map((entry) => [entry.seq, entry] as const));
    const inRange = [...bySeq.values()].filter(({ seq }) => range.from <= seq && seq <= range.to);
    inRange.sort((a, b) => a.seq - b.seq);
    const lost = holes(
      inRange.map(({ seq }) => seq),
      range.to,
      range.from - 1,
    );
    this.#conversation.lost(lost);
    const from = (lost.at(-1)?.to ?? 0) + 1;
    return inRange.filter(({ seq }) => seq >= from);
  }
}
