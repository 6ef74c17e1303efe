import type { Millis } from '@skein/chat';

/** Ids count milliseconds from here, so that 63 bits last until 2089. */
const origin = Date.UTC(2020, 0, 1);
const perMillisecond = 1 << 22;

/**
 * Message ids: (milliseconds since 2020) << 22 | counter. They grow in the order of storing, whatever the clock does
 * (L4), and say the time of storing.
 */
export class IdSequence {
  private ms: number;
  private counter: number;

  /** @param last the last id that was given out, 0n when none was. */
  constructor(last: bigint) {
    this.ms = Number(last >> 22n);
    this.counter = Number(last & 0x3f_ffffn);
  }

  next(now: Millis): { id: bigint; time: Millis } {
    const ms = now - origin;
    if (ms > this.ms) {
      this.ms = ms;
      this.counter = 0;
    } else if (++this.counter === perMillisecond) {
      this.ms += 1;
      this.counter = 0;
    }
    return { id: (BigInt(this.ms) << 22n) | BigInt(this.counter), time: this.ms + origin };
  }
}

/** The server's time of storing, which the id carries. */
export function timeOfId(id: bigint): Millis {
  return Number(id >> 22n) + origin;
}
