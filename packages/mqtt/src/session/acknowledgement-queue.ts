import type { UserProperty } from '../codec/properties.ts';

/** What became of a PUBLISH that was received. */
export interface Settlement {
  readonly packetId: number;
  readonly reasonCode: number;
  readonly reason?: string;
  readonly userProperties?: readonly UserProperty[];
  /** Goes into a PUBACK of the 64-bit dialect. */
  readonly messageId?: bigint;
}

/** Left-over heads are dropped this many at a time. */
const COMPACTION = 256;

/** Lets acknowledgements out in the order in which the PUBLISH packets came in, whatever order they are settled in [MQTT-4.6.0-2]. */
export class AcknowledgementQueue {
  readonly #ids: number[] = [];
  #head = 0;
  /** Packets dropped from the front of `#ids` since the beginning. */
  #dropped = 0;
  /** Settled before their turn, by their place since the beginning. In order, which is usual, there are none. */
  #early: Map<number, Settlement> | undefined;

  get length(): number {
    return this.#ids.length - this.#head;
  }

  has(packetId: number): boolean {
    return this.#ids.includes(packetId, this.#head);
  }

  push(packetId: number): void {
    this.#ids.push(packetId);
  }

  /** Settles the earliest unsettled packet with this id and passes to `emit` all whose turn has come. */
  settle(settlement: Settlement, emit: (settlement: Settlement) => void): void {
    if (this.#ids[this.#head] !== settlement.packetId || this.length === 0) {
      this.#settleEarly(settlement);
      return;
    }
    this.#head++;
    emit(settlement);
    if (this.#early !== undefined) this.#emitEarly(this.#early, emit);
    if (this.#head === this.#ids.length || this.#head >= COMPACTION) this.#compact();
  }

  #emitEarly(early: Map<number, Settlement>, emit: (settlement: Settlement) => void): void {
    for (;;) {
      const place = this.#dropped + this.#head;
      const next = early.get(place);
      if (next === undefined) break;
      early.delete(place);
      this.#head++;
      emit(next);
    }
    if (early.size === 0) this.#early = undefined;
  }

  #settleEarly(settlement: Settlement): void {
    const { packetId } = settlement;
    for (let i = this.#head; i < this.#ids.length; i++) {
      const place = this.#dropped + i;
      if (this.#ids[i] === packetId && !this.#early?.has(place)) {
        this.#early ??= new Map();
        this.#early.set(place, settlement);
        return;
      }
    }
    throw new Error(
      `packet ${packetId} is acknowledged, but no PUBLISH with this id waits; acknowledge each once`,
    );
  }

  #compact(): void {
    this.#dropped += this.#head;
    if (this.#head === this.#ids.length) this.#ids.length = 0;
    else this.#ids.splice(0, this.#head);
    this.#head = 0;
  }
}
