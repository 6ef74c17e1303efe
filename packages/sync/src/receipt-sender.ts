import type { Millis } from '@skein/chat';
import { Receipt_Kind, type Refusal } from '@skein/protocol';
import type { Context } from './context.ts';
import { ackTimeoutMs, receiptDelayMs, receiptsInFlight } from './limits.ts';
import { isTemporary, retryAfterMs } from './refusal.ts';
import type { Untold } from './standing.ts';
import { decimal } from './wire.ts';

interface Flying extends Untold {
  readonly conversationId: string;
  readonly answerBy: Millis;
}

export interface ReceiptSource {
  untold(conversationId: string): Untold | undefined;
  /** The server has it, or will never take it. */
  told(conversationId: string, untold: Untold): void;
}

/** One's own receipts: gathered for a moment, one of a conversation at a time, again until the server has them. */
export class ReceiptSender {
  readonly #context: Context;
  readonly #source: ReceiptSource;
  readonly #due = new Map<string, Millis>();
  readonly #flying = new Map<number, Flying>();
  readonly #busy = new Set<string>();
  #attempts = 0;
  #open = false;

  constructor(context: Context, source: ReceiptSource) {
    this.#context = context;
    this.#source = source;
  }

  /** This conversation may have something untold. */
  look(conversationId: string): void {
    if (!this.#open || this.#due.has(conversationId) || this.#busy.has(conversationId)) return;
    if (this.#source.untold(conversationId))
      this.#due.set(conversationId, this.#context.now + receiptDelayMs);
  }

  resume(conversationIds: Iterable<string>): void {
    this.#open = true;
    this.#attempts = 0;
    for (const conversationId of conversationIds) this.look(conversationId);
  }

  /** The line is down: what was not confirmed is untold. */
  pause(): void {
    this.#open = false;
    this.#due.clear();
    this.#flying.clear();
    this.#busy.clear();
  }

  get deadline(): Millis | undefined {
    // Tokens grow, so the first one has waited longest.
    const [first] = this.#flying.values();
    const lost = first?.answerBy ?? Number.POSITIVE_INFINITY;
    const full = this.#flying.size >= receiptsInFlight;
    const next = full ? lost : Math.min(lost, ...this.#due.values());
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  pump(): void {
    for (const [token, { conversationId, answerBy }] of this.#flying) {
      if (answerBy > this.#context.now) break;
      this.#land(token);
      this.look(conversationId);
    }
    for (const [conversationId, at] of this.#due) {
      if (this.#flying.size >= receiptsInFlight) return;
      if (at > this.#context.now) continue;
      this.#due.delete(conversationId);
      const untold = this.#source.untold(conversationId);
      if (untold) this.#publish(conversationId, untold);
    }
  }

  #publish(conversationId: string, untold: Untold): void {
    const token = this.#context.token();
    this.#flying.set(token, { ...untold, conversationId, answerBy: this.#context.now + ackTimeoutMs });
    this.#busy.add(conversationId);
    const payload = {
      conversationId,
      userId: this.#context.userId,
      kind: untold.kind === 'read' ? Receipt_Kind.READ : Receipt_Kind.DELIVERED,
      seq: decimal(untold.seq),
    };
    this.#context.emit({ type: 'publish', token, qos: 1, name: 'receipt', payload });
  }

  published(token: number): void {
    const receipt = this.#land(token);
    if (!receipt) return;
    this.#attempts = 0;
    this.#source.told(receipt.conversationId, receipt);
    this.look(receipt.conversationId);
  }

  refused(token: number, refusal: Refusal): void {
    const receipt = this.#land(token);
    if (!receipt) return;
    const { conversationId } = receipt;
    if (isTemporary(refusal)) {
      this.#attempts += 1;
      const wait = this.#context.jitter.backoff(this.#attempts, retryAfterMs(refusal));
      this.#due.set(conversationId, this.#context.now + wait);
      return;
    }
    this.#source.told(conversationId, receipt);
  }

  #land(token: number): Flying | undefined {
    const receipt = this.#flying.get(token);
    if (!receipt) return undefined;
    this.#flying.delete(token);
    this.#busy.delete(receipt.conversationId);
    return receipt;
  }
}
