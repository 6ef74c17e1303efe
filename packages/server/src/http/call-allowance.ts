import type { Millis } from '@skein/chat';
import { type ChatService, limits, type Refusal, refusal, type UserId } from '@skein/protocol';
import { Allowance } from '../chat/allowance.ts';
import type { Settings } from '../config/settings.ts';

/** What a call counts for; those that are not here count for one. */
const prices: Partial<Record<keyof typeof ChatService.method, number>> = {
  // It reads through old entries, not by a key.
  search: 10,
  // Each writes a row and raises a list for up to 500 members.
  createGroup: 10,
  addMembers: 10,
};

const priceOf = new Map<string, number>(Object.entries(prices));

/** Who has their whole allowance again is forgotten so often, which bounds the memory by the callers of that time. */
const sweepIntervalMs: Millis = 30_000;

/** How many calls a user may make, whatever connections they come by (L2). */
export class CallAllowance {
  private readonly calls: Allowance;
  private readonly clock: () => Millis;
  private sweptAt: Millis;

  constructor({ sendsPer10s, sendBurst }: CallLimits, clock: () => Millis) {
    this.calls = new Allowance(sendsPer10s * limits.callAllowance, sendBurst * limits.callAllowance);
    this.clock = clock;
    this.sweptAt = clock();
  }

  /** Takes a call's price; the refusal when the user has not so much left. */
  take(user: UserId, method: string): Refusal | undefined {
    const now = this.clock();
    this.sweep(now);
    const waitMs = this.calls.take(user, now, priceOf.get(method));
    return waitMs > 0 ? refusal('RATE_LIMITED', `too many calls: retry after ${waitMs} ms`) : undefined;
  }

  private sweep(now: Millis): void {
    // A clock set back must not put it off for as long (L4).
    if (Math.abs(now - this.sweptAt) < sweepIntervalMs) return;
    this.sweptAt = now;
    this.calls.sweep(now);
  }
}

export type CallLimits = Pick<Settings['limits'], 'sendsPer10s' | 'sendBurst'>;
