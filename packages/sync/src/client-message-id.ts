import type { Millis } from '@skein/chat';

const randomBits = 22n;

/**
 * A key for a send: a uint64 in decimal that grows with time, which keeps the store's index cheap.
 *
 * @param now Unix milliseconds
 * @param random at least 22 random bits
 */
export function clientMessageId(now: Millis, random: number): string {
  const low = BigInt(random >>> 0) & ((1n << randomBits) - 1n);
  return ((BigInt(Math.floor(now)) << randomBits) | low).toString();
}
