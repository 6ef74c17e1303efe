import type { Millis } from '@skein/chat';
import type { Cancel, Timers } from '@skein/server/parts';
import type { Agenda } from './agenda.ts';

/**
 * In silence a server looks at its deadlines this seldom. Otherwise most steps of a quiet night would be looks at
 * nothing; and a loaded server is late like that, too.
 */
const silentMs: Millis = 60_000;

/** The timers of one process of the server, which end with it. */
export class VirtualTimers implements Timers {
  readonly #agenda: Agenda;
  #ended = false;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  /** All that was set will not happen. */
  end(): void {
    this.#ended = true;
  }

  now(): Millis {
    return this.#agenda.now;
  }

  after(delayMs: Millis, run: () => void): Cancel {
    return this.#agenda.after(delayMs, () => {
      if (!this.#ended) run();
    });
  }

  every(intervalMs: Millis, run: () => void): Cancel {
    let cancel: Cancel = () => {};
    const again = () => {
      run();
      cancel = this.#look(this.#untilSomethingIs(intervalMs), again);
    };
    cancel = this.#look(intervalMs, again);
    return () => cancel();
  }

  /** The next interval's end, or in silence a later one. */
  #untilSomethingIs(intervalMs: Millis): Millis {
    const { now, nextWork = now + silentMs } = this.#agenda;
    const silence = Math.min(nextWork - now, silentMs);
    return intervalMs * Math.max(1, Math.floor(silence / intervalMs));
  }

  #look(delayMs: Millis, run: () => void): Cancel {
    return this.#agenda.look(this.#agenda.now + delayMs, () => {
      if (!this.#ended) run();
    });
  }

  nextTurn(run: () => void): void {
    this.after(0, run);
  }
}
