import { heldEntries } from './limits.ts';
import type { Placed } from './wire.ts';

/** `same`: use the answer. `other`: nothing of the answer nor of the copy may be used. */
type Verdict = 'same' | 'other';

/**
 * Whose copy the device has (S4). Live entries carry no epoch, and after a restore their numbers could mean other
 * entries than the device has: until an answer names the epoch of a connection, they wait. What is too much is fetched.
 */
export class Epoch {
  #id: string | undefined;
  #isConfirmed = false;
  #held: Placed[] = [];

  /** Undefined until the first answer of all. */
  get id(): string | undefined {
    return this.#id;
  }

  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  open(id: string | undefined): void {
    this.#id = id;
  }

  /** A connection begins. */
  begin(): void {
    this.#isConfirmed = false;
    this.#held = [];
  }

  hold(placed: Placed): void {
    if (this.#held.length < heldEntries) this.#held.push(placed);
  }

  /** Somebody named the epoch. */
  named(id: string): Verdict {
    const verdict = this.#id === undefined || this.#id === id ? 'same' : 'other';
    this.#id = id;
    this.#isConfirmed = true;
    // They came before anything was read of the other store: its positions, read from now on, know of them.
    if (verdict === 'other') this.#held = [];
    return verdict;
  }

  /** What waited and may be used now. */
  takeHeld(): readonly Placed[] {
    if (!this.#isConfirmed) return [];
    const held = this.#held;
    this.#held = [];
    return held;
  }
}
