/** What one client has sent and not yet seen both acknowledged and received. */
import { NUMBERS } from './message.ts';

/** The most that can be in flight; a power of two, so that packet ids and numbers of a message share their place. */
const PLACES = 1024;
/** Packet ids 1 to this are in use: enough that an id is not reused while its place is taken. */
export const PACKET_IDS = 32_768;

const FREE = 0;
const ACKNOWLEDGED = 1;
const RECEIVED = 2;
const SENT = 4;

/** `unexpected`: nothing was due (a double, or a stray). `delivered`: that was the second of the two. */
export type Settled = 'unexpected' | 'half' | 'delivered';

export class InFlight {
  readonly #states = new Uint8Array(PLACES);
  readonly #numbers = new Float64Array(PLACES);
  readonly #scheduled = new Float64Array(PLACES);
  #next = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#states[this.#next % PLACES] !== FREE;
  }

  /** Takes the next number for a message that was due at `scheduledAt`. */
  begin(scheduledAt: number): number {
    const number = this.#next;
    const place = number % PLACES;
    this.#next = (number + 1) % NUMBERS;
    this.#states[place] = SENT;
    this.#numbers[place] = number;
    this.#scheduled[place] = scheduledAt;
    this.#count++;
    return number;
  }

  acknowledge(packetId: number): Settled {
    const place = (packetId - 1) % PLACES;
    return this.#settle(place, ACKNOWLEDGED, packetIdOf(this.#numbers[place]!) === packetId);
  }

  receive(number: number): Settled {
    const place = number % PLACES;
    return this.#settle(place, RECEIVED, this.#numbers[place] === number);
  }

  /** When the message that was just settled, by its number or its packet id less one, was due. */
  scheduledAt(number: number): number {
    return this.#scheduled[number % PLACES]!;
  }

  /** When each message that is still on its way was due. */
  overdue(): number[] {
    return [...this.#scheduled].filter((_, place) => this.#states[place] !== FREE);
  }

  #settle(place: number, half: typeof ACKNOWLEDGED | typeof RECEIVED, isDue: boolean): Settled {
    const state = this.#states[place]!;
    if (state === FREE || (state & half) !== 0 || !isDue) return 'unexpected';
    if (state === SENT) {
      this.#states[place] = SENT | half;
      return 'half';
    }
    this.#states[place] = FREE;
    this.#count--;
    return 'delivered';
  }
}

export function packetIdOf(number: number): number {
  return (number % PACKET_IDS) + 1;
}
