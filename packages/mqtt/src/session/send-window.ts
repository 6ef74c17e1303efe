import type { Qos } from '../codec/packet.ts';
import { protocolError } from '../error.ts';
import { FIRST_FAILURE } from '../reason-codes.ts';

/** The answer a message that was sent waits for. */
export type AwaitedAnswer = 'puback' | 'pubrec' | 'pubcomp';

/** A message sent with QoS 1 or 2 and not yet acknowledged. */
export interface Inflight<T> {
  readonly packetId: number;
  readonly token: T;
  awaits: AwaitedAnswer;
}

/** Sends QoS 1 and 2: allots packet ids, keeps what is unacknowledged in the order in which it was sent, bounds it (4.9). */
export class SendWindow<T> {
  /** The peer's Receive Maximum. */
  readonly limit: number;
  readonly #inflight = new Map<number, Inflight<T>>();
  /** In use by something else: a message of a resumed session that was not sent again yet, a SUBSCRIBE. */
  #reserved: Set<number> | undefined;
  #lastId = 0;

  constructor(limit: number, reserved: readonly number[] = []) {
    this.limit = limit;
    if (reserved.length > 0) this.#reserved = new Set(reserved);
  }

  /** How many messages may be sent now. */
  get credit(): number {
    return Math.max(0, this.limit - this.#inflight.size);
  }

  /** In sending order. */
  inflight(): Inflight<T>[] {
    return [...this.#inflight.values()];
  }

  get(packetId: number): Inflight<T> | undefined {
    return this.#inflight.get(packetId);
  }

  isUsed(packetId: number): boolean {
    return this.#inflight.has(packetId) || (this.#reserved?.has(packetId) ?? false);
  }

  /** A packet id that nothing uses [MQTT-2.2.1-3]. There is one, since Receive Maximum is below their number and a SUBSCRIBE is soon answered. */
  nextId(): number {
    do {
      this.#lastId = this.#lastId === 0xffff ? 1 : this.#lastId + 1;
    } while (this.isUsed(this.#lastId));
    return this.#lastId;
  }

  /** Keeps a packet id for a packet that is not a message. */
  reserve(): number {
    const packetId = this.nextId();
    this.#reserved ??= new Set();
    this.#reserved.add(packetId);
    return packetId;
  }

  free(packetId: number): void {
    this.#reserved?.delete(packetId);
  }

  /** Notes that a message is sent, for the first time or again. */
  add(packetId: number, qos: Exclude<Qos, 0>, token: T): void {
    this.#reserved?.delete(packetId);
    this.#inflight.set(packetId, { packetId, token, awaits: qos === 1 ? 'puback' : 'pubrec' });
  }

  /** Notes that PUBREL is sent again for a message of a resumed session. */
  addReleased(packetId: number, token: T): void {
    this.#reserved?.delete(packetId);
    this.#inflight.set(packetId, { packetId, token, awaits: 'pubcomp' });
  }

  /** The message that has waited longest for its PUBACK. */
  oldestUnacknowledged(): Inflight<T> | undefined {
    for (const entry of this.#inflight.values()) if (entry.awaits === 'puback') return entry;
    return undefined;
  }

  /** Takes in a PUBACK. The message that it ends; undefined if its id is unknown, which is passed over. */
  puback(packetId: number): Inflight<T> | undefined {
    return this.#end(packetId, 'puback');
  }

  /** Takes in a PUBREC: an error ends the message, which is returned with `awaits` still 'pubrec'; else PUBREL is to be sent. */
  pubrec(packetId: number, reasonCode: number): Inflight<T> | undefined {
    const entry = this.#inflight.get(packetId);
    // PUBREC again: the PUBREL crossed it.
    if (entry === undefined || entry.awaits === 'pubcomp') return entry;
    if (entry.awaits === 'puback') wrongAnswer(packetId, 'PUBREC');
    if (reasonCode >= FIRST_FAILURE) this.#inflight.delete(packetId);
    else entry.awaits = 'pubcomp';
    return entry;
  }

  /** Takes in a PUBCOMP. The message that it ends. */
  pubcomp(packetId: number): Inflight<T> | undefined {
    return this.#end(packetId, 'pubcomp');
  }

  #end(packetId: number, answer: AwaitedAnswer): Inflight<T> | undefined {
    const entry = this.#inflight.get(packetId);
    if (entry === undefined) return undefined;
    if (entry.awaits !== answer) wrongAnswer(packetId, answer.toUpperCase());
    this.#inflight.delete(packetId);
    return entry;
  }
}

function wrongAnswer(packetId: number, answer: string): never {
  return protocolError(`${answer} for packet ${packetId}, which waits for another answer (4.3)`);
}
