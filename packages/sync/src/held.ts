import { heldEntries } from './limits.ts';
import type { Placed } from './wire.ts';

/**
 * Live entries of a connection whose store is not known yet: after a restore their numbers could mean other entries
 * than the device has (S4). They wait for the first answer that names the epoch; what is too much is fetched.
 */
export class Held {
  #isConfirmed = false;
  #entries: Placed[] = [];

  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  /** A connection begins. */
  begin(): void {
    this.#isConfirmed = false;
    this.#entries = [];
  }

  hold(placed: Placed): void {
    if (this.#entries.length < heldEntries) this.#entries.push(placed);
  }

  /** The epoch is known: what was held may be used, if it is of the store that the device has a copy of. */
  confirm(): readonly Placed[] {
    this.#isConfirmed = true;
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }
}
