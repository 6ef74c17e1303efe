import type { Millis, SeqRange } from '@skein/chat';
import type { EntryRow, PositionsRow, SavedState, Transaction } from '@skein/sync';
import type { Clock } from '../device/clock.ts';
import { SkeinError } from '../error.ts';
import type { Storage } from './storage.ts';

/** A browser's database that has not answered by then is blocked or broken: the page goes on without it. */
const timeoutMs: Millis = 3_000;

/**
 * A storage that always answers: what takes too long has failed, and so does at once whatever is asked before that has
 * been answered after all. What cannot be opened begins empty.
 */
export class PatientStorage implements Storage {
  readonly #inner: Storage;
  readonly #clock: Clock;
  /** What was given up and is not answered yet. */
  readonly #hanging = new Set<Promise<unknown>>();

  constructor(inner: Storage, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  open(): Promise<SavedState> {
    return this.#within(() => this.#inner.open()).catch(() => ({ conversations: [], outbox: [] }));
  }

  commit(transaction: Transaction): Promise<void> {
    return this.#within(() => this.#inner.commit(transaction));
  }

  loadEntries(conversationId: string, range: SeqRange): Promise<EntryRow['entry'][]> {
    return this.#within(() => this.#inner.loadEntries(conversationId, range));
  }

  loadPositions(conversationId: string): Promise<PositionsRow['members'] | undefined> {
    return this.#within(() => this.#inner.loadPositions(conversationId));
  }

  close(): void {
    this.#inner.close();
  }

  async #within<T>(ask: () => Promise<T>): Promise<T> {
    const failure = new SkeinError('STORAGE', 'the storage of this device does not answer');
    if (this.#hanging.size > 0) throw failure;
    const work = ask();
    let callOff = () => {};
    const tooLate = new Promise<never>((_, reject) => {
      callOff = this.#clock.at(this.#clock.now() + timeoutMs, () => {
        this.#hanging.add(work);
        reject(failure);
      });
    });
    const answered = () => {
      callOff();
      this.#hanging.delete(work);
    };
    work.then(answered, answered);
    return Promise.race([work, tooLate]);
  }
}
