import type { Millis } from '@skein/chat';
import type { InName, UserId } from '@skein/protocol';
import type { Audience, PublishOptions, StoredEntry } from '@skein/server/parts';
import type { Random } from '@skein/testkit';
import type { Agenda } from './agenda.ts';

export type BusFault = 'loses' | 'doubles' | 'reorders';

/** What a bus between nodes may do to what is committed here and delivered there: anything but inventing. */
export class Bus implements Audience {
  static readonly share = 0.4;
  readonly #inner: Audience;
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #fault: () => BusFault | undefined;

  constructor(inner: Audience, agenda: Agenda, random: Random, fault: () => BusFault | undefined) {
    this.#inner = inner;
    this.#agenda = agenda;
    this.#random = random;
    this.#fault = fault;
  }

  deliver(entry: StoredEntry, members: Iterable<UserId>): void {
    this.#pass(() => this.#inner.deliver(entry, members));
  }

  publish(user: UserId, name: InName, payload: () => Uint8Array, options?: PublishOptions): void {
    this.#pass(() => this.#inner.publish(user, name, payload, options));
  }

  listens(user: UserId, name: InName): boolean {
    return this.#inner.listens(user, name);
  }

  #pass(hand: () => void): void {
    const fault = this.#random.chance(Bus.share) ? this.#fault() : undefined;
    if (fault === 'loses') return;
    const delayMs: Millis = fault === 'reorders' ? this.#random.integer(1, 500) : 0;
    if (delayMs > 0) this.#agenda.after(delayMs, hand);
    else hand();
    if (fault === 'doubles') hand();
  }
}
