import type { Millis } from '@skein/chat';
import { isRefusal, refusal, type UserId } from '@skein/protocol';
import type { Metrics } from '../observe/metrics.ts';
import type { Operation, Outcome, Raise, Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/store.ts';
import { type Cancel, nextTurn, type Timers } from '../timers.ts';
import type { Announcer } from './announcer.ts';
import type { Audience } from './audience.ts';

export interface ChatOptions {
  readonly store: Store;
  readonly audience: Audience;
  readonly announcer: Announcer;
  readonly metrics: Metrics;
  readonly timers: Timers;
  /** Operations of one transaction at most. */
  readonly maxBatch: number;
  /** Operations that may wait, in all. */
  readonly maxQueued: number;
  /** Told of errors that are ours; they stop nobody else's messages. */
  readonly onTrouble: (error: unknown) => void;
}

type Done = (outcome: Outcome) => void;

interface Waiting {
  readonly operation: Operation;
  readonly done: Done;
}

/** Positions that clients did not send themselves are gathered so long: many messages, one write. */
const receiptDelayMs: Millis = 50;

const overloaded = refusal('UNAVAILABLE', 'too many sends await their commit: try again in a second');
const unavailable = refusal(
  'UNAVAILABLE',
  'the store cannot keep anything now: nothing was stored, try again',
);

/**
 * The way of a message: queue of this turn of the event loop, one commit, acknowledge, deliver. Operations are
 * carried out in the order in which they came, one batch after the other (O3); nothing is acknowledged before its
 * transaction is on the disk.
 */
export class Chat {
  private readonly options: ChatOptions;
  private queue: Waiting[] = [];
  private running: Promise<void> | undefined;
  private readonly receipts = new Map<string, Raise>();
  private cancelReceipts: Cancel | undefined;

  constructor(options: ChatOptions) {
    this.options = options;
  }

  /** Carries out an operation; `done` is called once, after the commit. */
  carryOut(operation: Operation, done: Done): void {
    if (this.queue.length >= this.options.maxQueued) {
      this.options.metrics.refusals.inc({ refusal: overloaded.refused });
      done(overloaded);
      return;
    }
    this.queue.push({ operation, done });
    this.running ??= this.run();
  }

  submit(operation: Operation): Promise<Outcome> {
    return new Promise((resolve) => this.carryOut(operation, resolve));
  }

  /** R2, from a client that sends no receipts itself: soon, together with others. */
  deliveredSoon(userId: UserId, conversationId: string, seq: number): void {
    const key = `${userId} ${conversationId}`;
    const waiting = this.receipts.get(key);
    if (waiting && waiting.seq >= seq) return;
    this.receipts.set(key, { type: 'raise', userId, conversationId, kind: 'delivered', seq });
    this.cancelReceipts ??= this.options.timers.after(receiptDelayMs, () => this.sendReceipts());
  }

  private sendReceipts(): void {
    this.cancelReceipts?.();
    this.cancelReceipts = undefined;
    const raises = [...this.receipts.values()];
    this.receipts.clear();
    for (const raise of raises) this.carryOut(raise, () => {});
  }

  /** The lists of these users changed by a call: their sessions are told. */
  membershipChanged(users: Iterable<UserId>): void {
    for (const user of users) this.options.announcer.changed(user);
  }

  /** Carries out all that waits. */
  async drain(): Promise<void> {
    this.sendReceipts();
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    // All that arrives in this turn of the event loop shares a transaction.
    await nextTurn(this.options.timers);
    while (this.queue.length > 0) {
      const batch = this.queue.slice(0, this.options.maxBatch);
      this.queue = this.queue.slice(batch.length);
      await this.commit(batch);
      if (this.queue.length > 0) await nextTurn(this.options.timers);
    }
    this.running = undefined;
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    const { store, metrics, timers } = this.options;
    const started = timers.now();
    let outcomes: readonly Outcome[];
    try {
      outcomes = await store.commit(batch.map(({ operation }) => operation));
    } catch (error) {
      await this.failed(batch, error);
      return;
    }
    metrics.commitSeconds.observe((timers.now() - started) / 1_000);
    metrics.batchEntries.observe(batch.length);
    for (const [index, waiting] of batch.entries()) this.settle(waiting, outcomes[index]!);
    const stored = outcomes.filter((one) => !isRefusal(one) && one.type === 'stored' && !one.repeat).length;
    metrics.entries.inc({ outcome: 'stored' }, stored);
  }

  /** Nothing of the batch was kept. Where that was a fault of ours, one operation caused it: the others are kept. */
  private async failed(batch: readonly Waiting[], error: unknown): Promise<void> {
    const isOurs = !(error instanceof StoreUnavailable);
    if (isOurs && batch.length > 1) {
      for (const waiting of batch) await this.commit([waiting]);
      return;
    }
    if (isOurs) this.options.onTrouble(error);
    for (const waiting of batch) this.settle(waiting, unavailable);
  }

  private settle({ operation, done }: Waiting, outcome: Outcome): void {
    this.guarded(() => done(outcome));
    this.guarded(() => this.tell(operation, outcome));
  }

  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.options.onTrouble(error);
    }
  }

  /** Everybody who is concerned, after the one who asked. */
  private tell(operation: Operation, outcome: Outcome): void {
    const { audience, announcer, metrics } = this.options;
    if (isRefusal(outcome)) {
      metrics.refusals.inc({ refusal: outcome.refused });
      return;
    }
    if (outcome.type === 'stored') {
      if (outcome.repeat) {
        metrics.entries.inc({ outcome: 'repeat' });
        return;
      }
      audience.deliver(outcome.entry, outcome.members);
      for (const member of outcome.members) announcer.changed(member);
      if (outcome.senderRead !== undefined) {
        announcer.receipt(
          outcome.entry.senderId,
          outcome.entry.conversationId,
          'read',
          outcome.senderRead,
          outcome.members,
        );
      }
    } else if (outcome.changed && operation.type === 'raise') {
      const seq = outcome.position[operation.kind];
      announcer.receipt(operation.userId, operation.conversationId, operation.kind, seq, outcome.members);
      if (operation.kind === 'read') announcer.changed(operation.userId);
    }
  }
}
