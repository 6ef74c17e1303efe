import type { Millis } from '@skein/chat';

/** Time and chance, of the device or of a test. */
export interface Clock {
  now(): Millis;
  /** Calls once, at this time or soon after it. Answers how to call it off. */
  at(time: Millis, call: () => void): () => void;
  /** A random number in [0, 2^32). */
  random(): number;
}

/** Longer timers overflow and fire at once: the caller is asked again at the end of each part. */
const longestTimerMs = 0x7fff_ffff;

/** The clock and the randomness of the device that this runs on. */
export const deviceClock: Clock = {
  now: () => Date.now(),
  at(time, call) {
    const timer = setTimeout(call, Math.min(Math.max(0, time - Date.now()), longestTimerMs));
    return () => clearTimeout(timer);
  },
  random: () => crypto.getRandomValues(new Uint32Array(1))[0]!,
};
