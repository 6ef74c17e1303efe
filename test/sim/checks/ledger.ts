import type { Device } from '../device/device.ts';
import type { Wanted, Witness } from './witness.ts';

/** What a person was told of a send, and did about it. */
interface Promised {
  readonly device: Device;
  readonly key: string;
  readonly conversationId: string;
  /** Evictions of the device's storage when it was said to be queued; undefined: that was never said. */
  queued: number | undefined;
  discarded: boolean;
}

/** Every send that anybody wrote, and what has been promised about it (Q1, I3). */
export class Ledger {
  readonly #witness: Witness;
  readonly #promised = new Map<string, Promised>();
  #orders = 0;

  constructor(witness: Witness) {
    this.#witness = witness;
  }

  get all(): Iterable<Promised> {
    return this.#promised.values();
  }

  wants(device: Device, conversationId: string, key: string, content: string): void {
    const id = `${device.spec.userId} ${key}`;
    const wanted = this.#wanted(id);
    if (wanted) {
      // The same key for another thing: whichever comes first is stored.
      wanted.contents.add(content);
      wanted.order = undefined;
      wanted.isReused = true;
      return;
    }
    const { name, userId } = device.spec;
    this.#witness.wanted.set(id, {
      device: name,
      senderId: userId,
      contents: new Set([content]),
      order: undefined,
      isReused: false,
    });
    this.#promised.set(`${name} ${key}`, {
      device,
      key,
      conversationId,
      queued: undefined,
      discarded: false,
    });
  }

  #wanted(id: string): Wanted | undefined {
    return this.#witness.wanted.get(id);
  }

  /** A page is given the send for the first time: this is its place among the sends of the device. */
  given({ sync, spec }: Device, key: string): void {
    const wanted = this.#wanted(`${spec.userId} ${key}`);
    if (!wanted || wanted.isReused || wanted.device !== spec.name || sync?.send(key)) return;
    this.#orders += 1;
    wanted.order = this.#orders;
  }

  queued({ spec, storage }: Device, key: string): void {
    const promised = this.#promised.get(`${spec.name} ${key}`);
    if (promised) promised.queued ??= storage.evictions;
  }

  /** Sent again by hand: it may come after later ones. */
  byHand({ spec }: Device, key: string, type: 'retry' | 'discard'): void {
    const wanted = this.#wanted(`${spec.userId} ${key}`);
    if (wanted) wanted.order = undefined;
    const promised = this.#promised.get(`${spec.name} ${key}`);
    if (promised && type === 'discard') promised.discarded = true;
  }
}
