import type { Seq } from '@skein/chat';
import type { LogEntry } from './entry.ts';
import { aheadEntries } from './limits.ts';

/** Live entries that wait for the hole below them (S2). What is too much is fetched. */
export class Ahead {
  readonly #entries = new Map<Seq, LogEntry>();

  add(entry: LogEntry): void {
    if (this.#entries.size < aheadEntries) this.#entries.set(entry.seq, entry);
  }

  get(seq: Seq): LogEntry | undefined {
    return this.#entries.get(seq);
  }

  /** What the log has reached waits no longer. */
  dropUpTo(cursor: Seq): void {
    for (const seq of this.#entries.keys()) if (seq <= cursor) this.#entries.delete(seq);
  }
}
