import type { Millis } from '@skein/chat';

/** A line that was cut is mostly back at once. */
const firstCeilingMs: Millis = 500;

/** A server that was away for long gets its clients back within this time, and not all in the same second. */
const lastCeilingMs: Millis = 20_000;

/** How long to wait before the next attempt: anything up to a ceiling that doubles (full jitter). */
export class Backoff {
  #failures = 0;

  /** @param random in [0, 2^32) */
  next(random: number): Millis {
    const ceilingMs = Math.min(lastCeilingMs, firstCeilingMs * 2 ** this.#failures);
    this.#failures += 1;
    return Math.floor((random / 2 ** 32) * ceilingMs);
  }

  /** It worked: the next failure is a first one. */
  reset(): void {
    this.#failures = 0;
  }
}
