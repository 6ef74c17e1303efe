import type { Millis, SeqRange } from '@skein/chat';
import type { EntryRow, PositionsRow, SavedState, Transaction } from '@skein/sync';
import type { Clock } from '../device/clock.ts';
import { SkeinError } from '../error.ts';
import type { Storage } from './storage.ts';

/** A browser's database that has not answered by then is blocked or broken: the page goes on without it. */
const timeoutMs: Millis = 5_000;

/** A storage that always answers: what takes too long has failed, and what cannot be opened begins empty. */
export class PatientStorage implements Storage {
  readonly #inner: Storage;
  readonly #clock: Clock;

  constructor(inner: Storage, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  open(): Promise<SavedState> {
    return this.#within(this.#inner.open()).catch(() => ({ conversations: [], outbox: [] }));
  }

  commit(transaction: Transaction): Promise<void> {
    return this.#within(this.#inner.commit(transaction));
  }

  loadEntries(conversationId: string, range: SeqRange): Promise<EntryRow['entry'][]> {
    return this.#within(this.#inner.loadEntries(conversationId, range));
  }

  loadPositions(conversationId: string): Promise<PositionsRow['members'] | undefined> {
    return this.#within(this.#inner.loadPositions(conversationId));
  }

  close(): void {
    this.#inner.close();
  }

  #within<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const callOff = this.#clock.at(this.#clock.now() + timeoutMs, () =>
        reject(new SkeinError('STORAGE', 'the storage of this device does not answer')),
      );
      work.then(resolve, reject).finally(callOff);
    });
  }
}
