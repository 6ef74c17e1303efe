import type { Millis, Seq } from '@skein/chat';
import type {
  ConversationRow,
  LoadEffect,
  LogEntry,
  MemberPosition,
  MetaRow,
  OutboxRow,
  SavedState,
  Transaction,
} from '@skein/sync';
import type { Random } from '@skein/testkit';
import type { Agenda } from '../agenda.ts';
import type { Torn } from '../store/slow-store.ts';

interface Write {
  readonly transaction: Transaction;
  readonly done: (kept: boolean) => void;
  readonly fails: boolean;
}

/** What a device has kept, and the one transaction that it is writing. */
export class DeviceStorage {
  meta: MetaRow | undefined;
  readonly conversations = new Map<string, ConversationRow>();
  readonly positions = new Map<string, readonly MemberPosition[]>();
  readonly entries = new Map<string, Map<Seq, LogEntry>>();
  readonly outbox = new Map<string, OutboxRow>();
  /** Nothing can be written until then. */
  failsUntil: Millis = 0;
  /** How often everything was lost: what a page believes to be kept since before may be gone. */
  evictions = 0;
  /** Told of the end of a log that has come to the disk. */
  onKept: (conversationId: string, cursor: Seq, epoch: string) => void = () => {};
  /** Of the store whose copy this is, also after the row that says so was lost. */
  #epoch = '';
  readonly #agenda: Agenda;
  readonly #random: Random;
  #writing: Write | undefined;

  constructor(agenda: Agenda, random: Random) {
    this.#agenda = agenda;
    this.#random = random;
  }

  saved(): SavedState {
    return {
      ...(this.meta && { meta: this.meta }),
      conversations: [...this.conversations.values()],
      outbox: [...this.outbox.values()],
    };
  }

  write(transaction: Transaction, done: (kept: boolean) => void): void {
    const write: Write = { transaction, done, fails: this.#agenda.now < this.failsUntil };
    this.#writing = write;
    this.#agenda.after(this.#random.integer(1, 12), () => {
      if (this.#writing !== write) return;
      this.#writing = undefined;
      if (!write.fails) this.apply(transaction);
      done(!write.fails);
    });
  }

  /** The page is gone in the middle of writing: all of the transaction is kept, or nothing. */
  interrupt(torn: Torn): void {
    const write = this.#writing;
    this.#writing = undefined;
    if (write && !write.fails && torn === 'kept') this.apply(write.transaction);
  }

  load({ conversationId, range, positions }: LoadEffect) {
    const ofOne = this.entries.get(conversationId);
    const entries = !range || !ofOne ? [] : [...ofOne.values()];
    return {
      entries: entries
        .filter(({ seq }) => range!.from <= seq && seq <= range!.to)
        .sort((a, b) => a.seq - b.seq),
      ...(positions && { positions: this.positions.get(conversationId) ?? [] }),
    };
  }

  /** The browser has made room. */
  evict(): void {
    this.evictions += 1;
    this.#clear();
    this.outbox.clear();
  }

  #clear(): void {
    this.meta = undefined;
    this.conversations.clear();
    this.positions.clear();
    this.entries.clear();
  }

  protected apply(transaction: Transaction): void {
    if (transaction.clear) this.#clear();
    for (const id of transaction.removedConversations) {
      this.conversations.delete(id);
      this.positions.delete(id);
      this.entries.delete(id);
    }
    if (transaction.meta) {
      this.meta = transaction.meta;
      this.#epoch = transaction.meta.epoch ?? '';
    }
    for (const row of transaction.conversations) {
      this.conversations.set(row.conversationId, row);
      if (row.log) this.onKept(row.conversationId, row.log.newest.to, this.#epoch);
    }
    for (const { conversationId, members } of transaction.positions)
      this.positions.set(conversationId, members);
    for (const { conversationId, entry } of transaction.entries) this.#put(conversationId, entry);
    for (const row of transaction.outbox) this.outbox.set(row.clientMessageId, row);
    for (const key of transaction.removedSends) this.outbox.delete(key);
  }

  #put(conversationId: string, entry: LogEntry): void {
    const ofOne = this.entries.get(conversationId) ?? new Map<Seq, LogEntry>();
    this.entries.set(conversationId, ofOne.set(entry.seq, entry));
  }
}
