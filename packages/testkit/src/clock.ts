interface Timer {
  at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * Time that passes only when a test says so. Milliseconds; starts at a time that is not 0, so that a forgotten
 * "now" shows.
 */
export class VirtualClock {
  #now: number;
  #made = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs;
  }

  get now(): number {
    return this.#now;
  }

  /** How many timers have not run yet. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Runs a function once, in so many milliseconds. Answers how to cancel it. */
  after(delayMs: number, run: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#made++, run };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Lets time pass: what becomes due runs at its own time, in order, also what is set meanwhile. */
  advance(byMs: number): void {
    const end = this.#now + byMs;
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) this.#fire(next);
    this.#now = end;
  }

  /** Goes to the next timer and runs it; false when there is none. */
  step(): boolean {
    const next = this.#next();
    if (next !== undefined) this.#fire(next);
    return next !== undefined;
  }

  /** Changes what the clock shows, as an administrator or a bad clock would: timers still run after their delay. */
  jump(byMs: number): void {
    this.#now += byMs;
    for (const timer of this.#timers) timer.at += byMs;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order))
        next = timer;
    }
    return next;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.run();
  }
}
