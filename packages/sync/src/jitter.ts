import type { Millis } from '@skein/chat';
import { retryBaseMs, retryLeastMs, retryMostMs } from './limits.ts';

/** Spreads retries, so that clients which failed together do not come back together. Not for secrets. */
export class Jitter {
  #state: number;

  /** @param seed 32 random bits, another for each device */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, 1 (mulberry32). */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * Full jitter: anything up to a bound that doubles with each attempt.
   *
   * @param attempts failures so far, at least 1
   * @param atLeast what the server asked for
   */
  backoff(attempts: number, atLeast: Millis = 0): Millis {
    const bound = Math.min(retryMostMs, retryBaseMs * 2 ** Math.min(attempts - 1, 16));
    return atLeast + Math.max(retryLeastMs, Math.floor(this.fraction() * bound));
  }
}
