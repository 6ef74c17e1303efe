import type { EventEmitter } from 'node:events';

export interface UntilOptions {
  /** After this, it fails. Default 10,000 ms. */
  readonly timeoutMs?: number;
  /** What is being waited for, for the message of the failure; may be a function that also says how far it came. */
  readonly what?: string | (() => string);
  /** How to learn that something changed; answers how to stop. Without it the condition is looked at every 5 ms. */
  readonly changes?: (look: () => void) => () => void;
}

/**
 * Waits until the condition holds, that is, answers something that is not false, undefined or null; answers that.
 * An error of the condition ends the wait.
 * @throws when the time is over
 */
export function until<T>(
  condition: () => T,
  options: UntilOptions = {},
): Promise<Exclude<T, false | undefined | null>> {
  const { timeoutMs = 10_000, what = 'a condition', changes = everyFewMs } = options;
  return new Promise((resolve, reject) => {
    let stop = () => {};
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      stop();
      settle();
    };
    const look = () => {
      try {
        const value = condition();
        if (value !== false && value !== undefined && value !== null) {
          finish(() => resolve(value as Exclude<T, false | undefined | null>));
        }
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const timer = setTimeout(() => {
      const description = typeof what === 'string' ? what : what();
      finish(() => reject(new Error(`waited ${timeoutMs} ms in vain for ${description}`)));
    }, timeoutMs);
    stop = changes(look);
    look();
  });
}

/** Looks again at each of these events: `until(() => n === 3, { changes: onEvents(client, 'message', 'close') })`. */
export function onEvents(
  emitter: EventEmitter,
  ...names: readonly string[]
): (look: () => void) => () => void {
  return (look) => {
    for (const name of names) emitter.on(name, look);
    return () => {
      for (const name of names) emitter.off(name, look);
    };
  };
}

function everyFewMs(look: () => void): () => void {
  const timer = setInterval(look, 5);
  return () => clearInterval(timer);
}
