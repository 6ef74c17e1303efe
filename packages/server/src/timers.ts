import type { Millis } from '@skein/chat';

/** Calls off what was set; once it has run, nothing. */
export type Cancel = () => void;

/** What makes things happen later. A server has the event loop's; whoever runs one in virtual time brings its own. */
export interface Timers {
  /** Milliseconds that only grow, whatever the clock does (L4). */
  now(): Millis;
  after(delayMs: Millis, run: () => void): Cancel;
  every(intervalMs: Millis, run: () => void): Cancel;
  /** Runs when all that has arrived in this turn of the event loop has been taken in. */
  nextTurn(run: () => void): void;
}

/** The event loop's own. They keep no process alive: that is for sockets to do. */
export const eventLoop: Timers = {
  now: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
  every(intervalMs, run) {
    const timer = setInterval(run, intervalMs).unref();
    return () => clearInterval(timer);
  },
  nextTurn: (run) => void setImmediate(run),
};

/** Resolves in the next turn. */
export function nextTurn(timers: Timers): Promise<void> {
  return new Promise((resolve) => timers.nextTurn(resolve));
}
