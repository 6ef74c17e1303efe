import type { Millis, Seq } from '@skein/chat';
import { Calls } from './calls.ts';
import { Context } from './context.ts';
import type { Surroundings } from './conversation.ts';
import { ConversationList } from './conversation-list.ts';
import type { Effect } from './effect.ts';
import { Epoch } from './epoch.ts';
import type { AnswerInput, DeviceInput, Input, LineInput, Opened } from './input.ts';
import { Jitter } from './jitter.ts';
import { Journal } from './journal.ts';
import { afterEvent, type Line } from './line.ts';
import { LineInputs } from './line-inputs.ts';
import { Outbox } from './outbox.ts';
import { ReceiptSender } from './receipt-sender.ts';
import { Snapshots } from './snapshots.ts';
import { UserInputs } from './user-inputs.ts';
import type { ConnectionView, ConversationView, ListView, SendView } from './view.ts';
import { entryOfSend } from './wire.ts';

/**
 * The client's core: the inputs of one user's device go in with the present time, effects and snapshots come out. It
 * joins its machines and decides nothing of its own but the epoch (S4).
 */
export class Sync {
  readonly #context = new Context();
  readonly #calls = new Calls(this.#context);
  readonly #epoch = new Epoch();
  readonly #journal: Journal;
  readonly #outbox: Outbox;
  readonly #list: ConversationList;
  readonly #receipts: ReceiptSender;
  readonly #snapshots: Snapshots;
  readonly #userInputs: UserInputs;
  readonly #lineInputs: LineInputs;
  #line: Line = { name: 'down', since: 0 };

  constructor() {
    const context = this.#context;
    this.#journal = new Journal(context, {
      meta: () => {
        const { id } = this.#epoch;
        return { feedVersion: this.#list.version, ...(id !== undefined && { epoch: id }) };
      },
      conversation: (id) => this.#list.get(id)?.row,
      positions: (id) => {
        const members = this.#list.get(id)?.screen?.members.positions;
        return members && { conversationId: id, members };
      },
    });
    this.#outbox = new Outbox(context, this.#journal, {
      changed: (id) => {
        context.connectionChanged();
        context.listChanged();
        if (this.#list.get(id)?.screen) context.conversationChanged(id);
      },
      stored: ({ row }, numbers) => {
        const entry = entryOfSend(row, context.userId, context.isBot, numbers);
        this.#lineInputs.offer({ conversationId: row.conversationId, entry });
      },
    });
    this.#list = new ConversationList(this.#surroundings(), { listed: () => this.#event('listed') });
    this.#receipts = new ReceiptSender(context, {
      untold: (id) => this.#list.get(id)?.untold,
      told: (id, untold) => this.#list.get(id)?.toldOwn(untold),
    });
    this.#userInputs = new UserInputs(context, this.#list, this.#outbox);
    this.#snapshots = new Snapshots(context, this.#list, this.#outbox, this.#journal, this.#calls);
    this.#lineInputs = new LineInputs(context, this.#epoch, this.#list, this.#outbox, this.#snapshots);
  }

  #surroundings(): Surroundings {
    return {
      context: this.#context,
      journal: this.#journal,
      calls: this.#calls,
      placed: (id, entry) => this.#outbox.placed(id, entry),
      reached: (id, seq: Seq) => this.#outbox.reached(id, seq),
      ownPositionChanged: (id) => this.#receipts.look(id),
      isOfThisEpoch: (epoch) => this.#isOfThisEpoch(epoch),
    };
  }

  /** @param now Unix milliseconds of the device's clock */
  handle(input: Input, now: Millis): void {
    this.#context.advance(now);
    this.#route(input);
    this.#pump();
    this.#context.emitChanged();
  }

  nextEffect(): Effect | undefined {
    return this.#context.nextEffect();
  }

  /** When to send a tick at the latest, in Unix milliseconds of the clock that `handle` was last told; if at all. */
  deadline(): Millis | undefined {
    const deadlines = [
      this.#journal.deadline,
      this.#outbox.deadline,
      this.#calls.deadline,
      this.#receipts.deadline,
      this.#list.deadline,
      ...Array.from(this.#list.opened, ({ screen }) => screen?.members.typingDeadline),
    ].filter((at) => at !== undefined);
    if (deadlines.length === 0) return undefined;
    return this.#context.wall + Math.max(0, Math.min(...deadlines) - this.#context.now);
  }

  /** The snapshot of a conversation that is open; the same object until it changes. */
  conversation(conversationId: string): ConversationView | undefined {
    return this.#snapshots.conversation(conversationId, this.#line);
  }

  list(): ListView {
    return this.#snapshots.list(this.#line);
  }

  connection(): ConnectionView {
    return this.#snapshots.connection(this.#line);
  }

  /** What became of a send of this device; of the older ones that are in the log, undefined. */
  send(clientMessageId: string): SendView | undefined {
    return this.#snapshots.send(clientMessageId);
  }

  #route(input: Input): void {
    switch (input.type) {
      case 'opened':
      case 'stored':
      case 'storeFailed':
      case 'loaded':
        this.#device(input);
        break;
      case 'connected':
      case 'subscribed':
      case 'disconnected':
      case 'received':
        this.#fromLine(input);
        break;
      case 'published':
      case 'refused':
      case 'fetched':
      case 'fetchFailed':
        this.#answer(input);
        break;
      case 'tick':
        break;
      default:
        this.#userInputs.handle(input, this.#line);
    }
  }

  /** Everything that is due. */
  #pump(): void {
    this.#list.pump();
    for (const { id, screen } of this.#list.opened) {
      if (screen?.members.expireTyping(this.#context.now)) this.#context.conversationChanged(id);
    }
    this.#outbox.pump();
    this.#receipts.pump();
    this.#calls.pump();
    if (this.#journal.overflows) {
      this.#journal.clear();
      this.#list.forgetStored();
    }
    this.#journal.pump();
  }

  #device(input: DeviceInput): void {
    switch (input.type) {
      case 'opened':
        this.#opened(input);
        break;
      case 'stored': {
        const settled = this.#journal.stored(input.token);
        if (!settled) return;
        this.#outbox.kept(settled.sends, true);
        for (const [id, cursor] of settled.cursors) this.#list.get(id)?.stored(cursor);
        this.#context.connectionChanged();
        break;
      }
      case 'storeFailed': {
        const settled = this.#journal.storeFailed(input.token);
        if (settled) this.#outbox.kept(settled.sends, false);
        this.#context.connectionChanged();
        break;
      }
      case 'loaded':
        for (const { screen } of this.#list.opened) {
          if (screen?.loaded(input.token, input.entries, input.positions)) return;
        }
        break;
      default:
        input satisfies never;
    }
  }

  #opened({ userId, role, random, saved, replyPolicy }: Opened): void {
    const context = this.#context;
    context.userId = userId;
    context.isBot = role === 'service';
    context.jitter = new Jitter(random);
    if (replyPolicy) context.replyPolicy = replyPolicy;
    this.#line = { name: 'down', since: context.wall };
    this.#epoch.open(saved.meta?.epoch);
    if (this.#epoch.id !== undefined) this.#list.open(saved.conversations, saved.meta?.feedVersion ?? 0);
    // Rows of a store that nobody knows: the browser has emptied its storage while a page went on writing.
    else if (saved.conversations.length > 0) this.#journal.clear();
    this.#outbox.open(saved.outbox);
    context.listChanged();
    context.connectionChanged();
  }

  #event(event: Parameters<typeof afterEvent>[1]): void {
    const before = this.#line;
    this.#line = afterEvent(before, event, this.#context.wall);
    if (this.#line === before) return;
    this.#context.connectionChanged();
    this.#context.listChanged();
    for (const { id } of this.#list.opened) this.#context.conversationChanged(id);
  }

  #fromLine(input: LineInput): void {
    switch (input.type) {
      case 'connected':
        this.#event('connected');
        this.#pause();
        this.#epoch.begin();
        if (input.epoch !== undefined) this.#isOfThisEpoch(input.epoch);
        break;
      case 'subscribed':
        if (this.#line.name !== 'subscribing') return;
        this.#event('subscribed');
        this.#calls.resume();
        this.#list.resume();
        if (this.#epoch.isConfirmed) this.#resumeSending();
        break;
      case 'disconnected':
        this.#event('disconnected');
        this.#pause();
        break;
      case 'received':
        this.#lineInputs.handle(input, (epoch) => this.#isOfThisEpoch(epoch));
        break;
      default:
        input satisfies never;
    }
  }

  /** What is sent speaks of positions, which mean something in one epoch only. */
  #resumeSending(): void {
    this.#outbox.resume();
    this.#receipts.resume(Array.from(this.#list.all, ({ id }) => id));
  }

  #pause(): void {
    this.#calls.pause();
    this.#list.pause();
    this.#outbox.pause();
    this.#receipts.pause();
  }

  /** S4: what is of another store than the copy empties the copy; the outbox stays. */
  #isOfThisEpoch(id: string | undefined): boolean {
    if (id === undefined || id === '') return true;
    const before = this.#epoch.id;
    if (id === before && this.#epoch.isConfirmed) return true;
    const verdict = this.#epoch.named(id);
    if (before === undefined) this.#journal.putMeta();
    if (verdict === 'other') for (const part of [this.#journal, this.#calls]) part.clear();
    if (verdict === 'other') for (const part of [this.#list, this.#outbox]) part.restart();
    for (const placed of this.#epoch.takeHeld()) this.#lineInputs.offer(placed);
    if (this.#line.name === 'reading' || this.#line.name === 'current') this.#resumeSending();
    return verdict === 'same';
  }

  #answer(input: AnswerInput): void {
    switch (input.type) {
      case 'published':
        this.#outbox.published(input.token, input.numbers);
        this.#receipts.published(input.token);
        break;
      case 'refused':
        this.#outbox.refused(input.token, input.refusal);
        this.#receipts.refused(input.token, input.refusal);
        break;
      case 'fetched':
        this.#calls.fetched(input.token, input);
        this.#context.connectionChanged();
        break;
      case 'fetchFailed':
        this.#calls.fetchFailed(input.token, input.refusal);
        break;
      default:
        input satisfies never;
    }
  }
}
