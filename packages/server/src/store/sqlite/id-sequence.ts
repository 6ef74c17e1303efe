import type { Millis } from '@skein/chat';

/** Ids count milliseconds from here, so that 63 bits last until 2089. */
const origin = Date.UTC(2020, 0, 1);
const counterBits = 22n;

/**
 * Message ids: (milliseconds since 2020) << 22 | counter. They grow in the order of storing, whatever the clock does
 * (L4), and say the time of storing. A counter that is full runs over into the next millisecond.
 */
export class IdSequence {
  private last: bigint;

  /** @param last the last id that was given out, 0n when none was. */
  constructor(last: bigint) {
    this.last = last;
  }

  next(now: Millis): bigint {
    const first = BigInt(now - origin) << counterBits;
    this.last = first > this.last ? first : this.last + 1n;
    return this.last;
  }
}

/** The server's time of storing, which the id carries. */
export function timeOfId(id: bigint): Millis {
  return Number(id >> counterBits) + origin;
}
