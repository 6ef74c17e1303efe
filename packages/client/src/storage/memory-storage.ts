import type { SeqRange } from '@skein/chat';
import type {
  ConversationRow,
  EntryRow,
  MetaRow,
  OutboxRow,
  PositionsRow,
  SavedState,
  Transaction,
} from '@skein/sync';
import type { Storage } from './storage.ts';

/** Keeps a copy as long as the program runs. */
export class MemoryStorage implements Storage {
  #meta: MetaRow | undefined;
  readonly #conversations = new Map<string, ConversationRow>();
  readonly #positions = new Map<string, PositionsRow>();
  readonly #entries = new Map<string, Map<number, EntryRow['entry']>>();
  readonly #outbox = new Map<string, OutboxRow>();

  async open(): Promise<SavedState> {
    return {
      ...(this.#meta && { meta: this.#meta }),
      conversations: [...this.#conversations.values()],
      outbox: [...this.#outbox.values()],
    };
  }

  async commit(transaction: Transaction): Promise<void> {
    // As a device does: what is no data fails before anything is kept, and what is kept is nobody else's to change.
    this.apply(structuredClone(transaction));
  }

  async loadEntries(conversationId: string, { from, to }: SeqRange): Promise<EntryRow['entry'][]> {
    const log = this.#entries.get(conversationId);
    const found: EntryRow['entry'][] = [];
    if (log === undefined) return found;
    for (let seq = from; seq <= to; seq++) {
      const entry = log.get(seq);
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  async loadPositions(conversationId: string): Promise<PositionsRow['members'] | undefined> {
    return this.#positions.get(conversationId)?.members;
  }

  close(): void {}

  /** What `commit` does, at once. */
  protected apply(transaction: Transaction): void {
    const { clear, removedConversations, meta, conversations, positions, entries, outbox, removedSends } =
      transaction;
    if (clear) {
      this.#meta = undefined;
      for (const table of [this.#conversations, this.#positions, this.#entries]) table.clear();
    }
    for (const id of removedConversations) {
      for (const table of [this.#conversations, this.#positions, this.#entries]) table.delete(id);
    }
    if (meta) this.#meta = meta;
    for (const row of conversations) this.#conversations.set(row.conversationId, row);
    for (const row of positions) this.#positions.set(row.conversationId, row);
    for (const { conversationId, entry } of entries) this.#log(conversationId).set(entry.seq, entry);
    for (const row of outbox) this.#outbox.set(row.clientMessageId, row);
    for (const id of removedSends) this.#outbox.delete(id);
  }

  /** All that is kept, as one transaction into an empty storage. */
  protected whole(): Transaction {
    return {
      clear: true,
      removedConversations: [],
      ...(this.#meta && { meta: this.#meta }),
      conversations: [...this.#conversations.values()],
      positions: [...this.#positions.values()],
      entries: [...this.#entries].flatMap(([conversationId, log]) =>
        [...log.values()].map((entry) => ({ conversationId, entry })),
      ),
      outbox: [...this.#outbox.values()],
      removedSends: [],
    };
  }

  #log(conversationId: string): Map<number, EntryRow['entry']> {
    const known = this.#entries.get(conversationId);
    if (known !== undefined) return known;
    const log = new Map<number, EntryRow['entry']>();
    this.#entries.set(conversationId, log);
    return log;
  }
}
