import type { Millis } from '@skein/chat';
import type { Clock } from './clock.ts';

/** One timer that is always set to the next deadline of a machine. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #setTo: Millis | undefined;
  #off: () => void = () => {};

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Undefined: there is nothing to wait for. */
  set(time: Millis | undefined): void {
    if (time === this.#setTo) return;
    this.#off();
    this.#setTo = time;
    this.#off =
      time === undefined
        ? () => {}
        : this.#clock.at(time, () => {
            this.#setTo = undefined;
            this.#ring();
          });
  }
}
