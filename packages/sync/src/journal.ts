import type { Millis, Seq } from '@skein/chat';
import type { Context } from './context.ts';
import type { LogEntry } from './entry.ts';
import { lazyStoreMs, unsavedEntries } from './limits.ts';
import type { ConversationRow, MetaRow, OutboxRow, PositionsRow, Transaction } from './rows.ts';

/** The rows as they are when a transaction is made of them. */
export interface RowSource {
  meta(): MetaRow;
  conversation(conversationId: string): ConversationRow | undefined;
  positions(conversationId: string): PositionsRow | undefined;
}

/** What a transaction that was kept holds, or one that was not. */
export interface Settled {
  /** Keys of the sends in it. */
  readonly sends: readonly string[];
  /** The cursors it brought to the device. */
  readonly cursors: ReadonlyMap<string, Seq>;
}

/** What is to be written. Rows are taken when the transaction is made, so that they fit its entries (S3). */
interface Changes {
  clear: boolean;
  meta: boolean;
  readonly removed: Set<string>;
  readonly conversations: Set<string>;
  readonly positions: Set<string>;
  readonly entries: Map<string, Map<Seq, LogEntry>>;
  readonly outbox: Map<string, OutboxRow>;
  readonly removedSends: Set<string>;
}

interface Flight extends Settled {
  readonly token: number;
  readonly changes: Changes;
  readonly cursors: Map<string, Seq>;
}

/**
 * What waits for the device's storage. One transaction at a time; what comes meanwhile shares the next one. What was
 * not kept is part of the next attempt, so that the device never has a cursor without its entries.
 */
export class Journal {
  readonly #context: Context;
  readonly #source: RowSource;
  #waiting = noChanges();
  #flight: Flight | undefined;
  #failures = 0;
  #unsaved = 0;
  /** When to write what waits; undefined: nothing does. */
  #due: Millis | undefined;

  constructor(context: Context, source: RowSource) {
    this.#context = context;
    this.#source = source;
  }

  /** False while the last attempt failed. */
  get keeping(): boolean {
    return this.#failures === 0;
  }

  /** So much waits that the copy on the device is better given up. */
  get overflows(): boolean {
    return this.#unsaved > unsavedEntries;
  }

  get deadline(): Millis | undefined {
    return this.#flight ? undefined : this.#due;
  }

  putMeta(): void {
    this.#waiting.meta = true;
    this.#dueIn(0);
  }

  putConversation(conversationId: string, when: 'now' | 'soon' = 'now'): void {
    this.#waiting.conversations.add(conversationId);
    this.#dueIn(when === 'now' ? 0 : lazyStoreMs);
  }

  putPositions(conversationId: string): void {
    this.#waiting.positions.add(conversationId);
    this.#dueIn(lazyStoreMs);
  }

  putEntry(conversationId: string, entry: LogEntry): void {
    let entries = this.#waiting.entries.get(conversationId);
    if (!entries) {
      entries = new Map();
      this.#waiting.entries.set(conversationId, entries);
    }
    if (!entries.has(entry.seq)) this.#unsaved += 1;
    entries.set(entry.seq, entry);
    this.#dueIn(0);
  }

  putSend(row: OutboxRow): void {
    this.#waiting.outbox.set(row.clientMessageId, row);
    this.#waiting.removedSends.delete(row.clientMessageId);
    this.#dueIn(0);
  }

  removeSend(clientMessageId: string): void {
    this.#waiting.outbox.delete(clientMessageId);
    this.#waiting.removedSends.add(clientMessageId);
    this.#dueIn(0);
  }

  removeConversation(conversationId: string): void {
    const { removed, conversations, positions, entries } = this.#waiting;
    removed.add(conversationId);
    conversations.delete(conversationId);
    positions.delete(conversationId);
    entries.delete(conversationId);
    // What is being written is of the past, too.
    this.#flight?.cursors.delete(conversationId);
    this.#dueIn(0);
  }

  /** Empties the copy on the device, outbox excepted (S4). */
  clear(): void {
    const { outbox, removedSends } = this.#waiting;
    this.#waiting = { ...noChanges(), clear: true, meta: true, outbox, removedSends };
    this.#unsaved = 0;
    this.#flight?.cursors.clear();
    this.#dueIn(0);
  }

  /** The entries of a conversation that a load now might not find on the device. */
  unsavedEntries(conversationId: string): LogEntry[] {
    const flying = this.#flight?.changes.entries.get(conversationId)?.values() ?? [];
    return [...flying, ...(this.#waiting.entries.get(conversationId)?.values() ?? [])];
  }

  /** Whether what the device has of a conversation is of the past, and about to be removed. */
  removes(conversationId: string): boolean {
    const about = [this.#waiting, this.#flight?.changes].filter((changes) => changes !== undefined);
    return about.some(({ clear, removed }) => clear || removed.has(conversationId));
  }

  /** Hands over what waits, if the storage is free and it is time. */
  pump(): void {
    if (this.#flight || this.#due === undefined || this.#due > this.#context.now) return;
    const changes = this.#waiting;
    const transaction = this.#transactionOf(changes);
    const cursors = new Map<string, Seq>();
    for (const { conversationId, log } of transaction.conversations) {
      if (log) cursors.set(conversationId, log.newest.to);
    }
    const token = this.#context.token();
    this.#flight = { token, changes, sends: [...changes.outbox.keys()], cursors };
    this.#waiting = noChanges();
    this.#unsaved = 0;
    this.#due = undefined;
    this.#context.emit({ type: 'store', token, transaction });
  }

  /** The transaction of this token was kept; undefined for a token of no transaction. */
  stored(token: number): Settled | undefined {
    const flight = this.#land(token);
    if (flight) this.#failures = 0;
    return flight;
  }

  /** Nothing of it was kept: it is tried again, later and with all that came since. */
  storeFailed(token: number): Settled | undefined {
    const flight = this.#land(token);
    if (!flight) return undefined;
    this.#failures += 1;
    this.#waiting = merged(flight.changes, this.#waiting);
    this.#unsaved = 0;
    for (const entries of this.#waiting.entries.values()) this.#unsaved += entries.size;
    this.#due = this.#context.now + this.#context.jitter.backoff(this.#failures);
    return flight;
  }

  #land(token: number): Flight | undefined {
    const flight = this.#flight;
    if (flight?.token !== token) return undefined;
    this.#flight = undefined;
    return flight;
  }

  /** While storage fails, new changes do not hurry the next attempt. */
  #dueIn(ms: Millis): void {
    if (this.#failures > 0 && this.#due !== undefined) return;
    const at = this.#context.now + ms;
    if (this.#due === undefined || at < this.#due) this.#due = at;
  }

  #transactionOf(changes: Changes): Transaction {
    const { clear, meta, removed, conversations, positions, entries, outbox, removedSends } = changes;
    const source = this.#source;
    return {
      clear,
      removedConversations: [...removed],
      ...(meta && { meta: source.meta() }),
      conversations: rowsOf(conversations, (id) => source.conversation(id)),
      positions: rowsOf(positions, (id) => source.positions(id)),
      entries: [...entries].flatMap(([conversationId, ofOne]) =>
        Array.from(ofOne.values(), (entry) => ({ conversationId, entry })),
      ),
      outbox: [...outbox.values()],
      removedSends: [...removedSends],
    };
  }
}

function rowsOf<T>(ids: Iterable<string>, rowOf: (id: string) => T | undefined): T[] {
  return Array.from(ids, rowOf).filter((row) => row !== undefined);
}

function noChanges(): Changes {
  return {
    clear: false,
    meta: false,
    removed: new Set(),
    conversations: new Set(),
    positions: new Set(),
    entries: new Map(),
    outbox: new Map(),
    removedSends: new Set(),
  };
}

/** Both changes as one, in their order. */
function merged(first: Changes, then: Changes): Changes {
  const outbox = new Map([...first.outbox, ...then.outbox]);
  for (const key of then.removedSends) outbox.delete(key);
  const removedSends = new Set([...first.removedSends, ...then.removedSends]);
  for (const key of outbox.keys()) removedSends.delete(key);
  if (then.clear) return { ...then, outbox, removedSends };
  const stays = (id: string) => !then.removed.has(id);
  const entries = new Map([...first.entries].filter(([id]) => stays(id)));
  for (const [id, newer] of then.entries) entries.set(id, new Map([...(entries.get(id) ?? []), ...newer]));
  return {
    clear: first.clear,
    meta: first.meta || then.meta,
    removed: new Set([...first.removed, ...then.removed]),
    conversations: new Set([...[...first.conversations].filter(stays), ...then.conversations]),
    positions: new Set([...[...first.positions].filter(stays), ...then.positions]),
    entries,
    outbox,
    removedSends,
  };
}
