import type { Millis } from '@skein/chat';
import type { Refusal } from '@skein/protocol';
import type { Context } from './context.ts';
import type { FetchRequest } from './effect.ts';
import type { FetchAnswer } from './input.ts';
import { callsInFlight } from './limits.ts';
import { isTemporary, retryAfterMs } from './refusal.ts';

/** Something that is to be read from the server, sooner or later. */
export interface Want {
  /** One want of a key at a time. */
  readonly key: string;
  /** Smaller ones go first; those of one number in the order in which they were wanted. */
  readonly urgency: 0 | 1 | 2;
  /** Whether something is known to be missing until it is answered (S6). */
  readonly isMissing: boolean;
  /** What to ask when its turn comes; undefined: it is no longer wanted. */
  request(): FetchRequest | undefined;
  answered(answer: FetchAnswer): void;
  /** Refused for good. */
  refused(refusal: Refusal): void;
}

interface Waiting {
  readonly want: Want;
  attempts: number;
  /** When to ask again. */
  at: Millis;
  token: number | undefined;
}

/** Calls to the server: a bounded number at once, made again until they are answered or refused for good. */
export class Calls {
  readonly #context: Context;
  readonly #waiting = new Map<string, Waiting>();
  readonly #flying = new Map<number, Waiting>();
  #open = false;
  #answered = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Of what was missing since the line came up: how much there is, and how much there will be. */
  get progress(): { readonly done: number; readonly total: number } {
    let missing = 0;
    for (const { want } of this.#waiting.values()) if (want.isMissing) missing += 1;
    return { done: this.#answered, total: this.#answered + missing };
  }

  get deadline(): Millis | undefined {
    if (!this.#open || this.#flying.size >= callsInFlight) return undefined;
    let earliest: Millis | undefined;
    for (const { token, at } of this.#waiting.values()) {
      if (token === undefined && (earliest === undefined || at < earliest)) earliest = at;
    }
    return earliest;
  }

  /** The same key again changes nothing: who is answered looks whether it wants more. */
  want(want: Want): void {
    if (this.#waiting.has(want.key)) return;
    this.#context.connectionChanged();
    this.#waiting.set(want.key, { want, attempts: 0, at: this.#context.now, token: undefined });
  }

  wants(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** The line is up. */
  resume(): void {
    this.#open = true;
    this.#answered = 0;
    for (const waiting of this.#waiting.values()) {
      waiting.attempts = 0;
      waiting.at = this.#context.now;
    }
  }

  /** The line is down: what is under way is asked again when it is up. */
  pause(): void {
    this.#open = false;
    for (const waiting of this.#flying.values()) waiting.token = undefined;
    this.#flying.clear();
  }

  /** Nothing is wanted any more; answers under way are passed over. */
  clear(): void {
    this.#waiting.clear();
    this.#flying.clear();
  }

  pump(): void {
    const { now } = this.#context;
    if (!this.#open || this.#waiting.size === this.#flying.size) return;
    for (const urgency of [0, 1, 2]) {
      for (const waiting of this.#waiting.values()) {
        if (this.#flying.size >= callsInFlight) return;
        if (waiting.want.urgency !== urgency || waiting.token !== undefined || waiting.at > now) continue;
        this.#ask(waiting);
      }
    }
  }

  #ask(waiting: Waiting): void {
    const request = waiting.want.request();
    if (request === undefined) {
      this.#context.connectionChanged();
      this.#waiting.delete(waiting.want.key);
      return;
    }
    const token = this.#context.token();
    waiting.token = token;
    this.#flying.set(token, waiting);
    this.#context.emit({ type: 'fetch', token, ...request });
  }

  fetched(token: number, answer: FetchAnswer): void {
    const waiting = this.#land(token);
    if (!waiting) return;
    this.#waiting.delete(waiting.want.key);
    if (waiting.want.isMissing) this.#answered += 1;
    waiting.want.answered(answer);
  }

  fetchFailed(token: number, refusal: Refusal | undefined): void {
    const waiting = this.#land(token);
    if (!waiting) return;
    if (refusal && !isTemporary(refusal)) {
      this.#waiting.delete(waiting.want.key);
      if (waiting.want.isMissing) this.#answered += 1;
      waiting.want.refused(refusal);
      return;
    }
    waiting.attempts += 1;
    const atLeast = refusal ? retryAfterMs(refusal) : 0;
    waiting.at = this.#context.now + this.#context.jitter.backoff(waiting.attempts, atLeast);
  }

  #land(token: number): Waiting | undefined {
    const waiting = this.#flying.get(token);
    if (!waiting) return undefined;
    this.#flying.delete(token);
    waiting.token = undefined;
    return waiting;
  }
}
