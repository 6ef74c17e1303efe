import type { Millis } from '@skein/chat';
import type { UserId } from '@skein/protocol';

interface Bucket {
  tokens: number;
  at: Millis;
}

/**
 * How many times a user may do something: a burst, refilled at a steady rate (a token bucket). All devices of a user
 * share one.
 */
export class Allowance {
  private readonly perMs: number;
  private readonly burst: number;
  private readonly buckets = new Map<UserId, Bucket>();

  /** @param per10s 0 = no limit. */
  constructor(per10s: number, burst: number) {
    this.perMs = per10s / 10_000;
    this.burst = burst;
  }

  /**
   * Takes as much as something costs; answers in how many milliseconds it may be had, 0 when it was. What costs more
   * than the burst takes the whole of it.
   */
  take(user: UserId, now: Millis, cost = 1): Millis {
    if (this.perMs === 0) return 0;
    const price = Math.min(cost, this.burst);
    const bucket = this.buckets.get(user) ?? { tokens: this.burst, at: now };
    // A clock set back refills nothing (L4).
    const elapsed = Math.max(0, now - bucket.at);
    bucket.tokens = Math.min(this.burst, bucket.tokens + elapsed * this.perMs);
    bucket.at = now;
    this.buckets.set(user, bucket);
    if (bucket.tokens < price) return Math.ceil((price - bucket.tokens) / this.perMs);
    bucket.tokens -= price;
    return 0;
  }

  /** How many users are remembered. */
  get size(): number {
    return this.buckets.size;
  }

  /** Forgets those who have their whole burst again. */
  sweep(now: Millis): void {
    for (const [user, bucket] of this.buckets) {
      if (bucket.tokens + (now - bucket.at) * this.perMs >= this.burst) this.buckets.delete(user);
    }
  }
}
