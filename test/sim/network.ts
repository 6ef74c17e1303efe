import type { Millis } from '@skein/chat';
import type { Transport, TransportListener } from '@skein/server/parts';
import type { Random } from '@skein/testkit';
import type { Agenda } from './agenda.ts';
import type { Trace } from './trace.ts';

/** How a line behaves while nothing is done to it. */
export interface LineManners {
  readonly latencyMs: readonly [least: Millis, most: Millis];
  /** The share of writes that arrive in two pieces. */
  readonly torn: number;
}

export type Direction = 'up' | 'down';

/** One direction of a connection: what is written arrives later, whole and in order, or not at all. */
class Pipe {
  arrived: (bytes: Uint8Array) => void = () => {};
  drained: () => void = () => {};
  sent = 0;
  /** The next write is cut off, with the line. */
  trap: (() => void) | undefined;
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #manners: LineManners;
  readonly #trace: Trace;
  #queue: Uint8Array[] = [];
  #lastAt: Millis = 0;
  #stalledUntil: Millis = 0;
  #paused = false;
  #closed = false;

  constructor(agenda: Agenda, random: Random, manners: LineManners, trace: Trace) {
    this.#agenda = agenda;
    this.#random = random;
    this.#manners = manners;
    this.#trace = trace;
  }

  /** Bytes that cannot leave at present. */
  get unsent(): number {
    if (this.#agenda.now >= this.#stalledUntil && !this.#paused) return 0;
    return this.#queue.reduce((sum, { length }) => sum + length, 0);
  }

  write(bytes: Uint8Array): void {
    if (this.#closed || bytes.length === 0) return;
    const { trap } = this;
    if (trap) {
      this.trap = undefined;
      trap();
      return;
    }
    if (bytes.length > 1 && this.#random.chance(this.#manners.torn)) {
      const at = this.#random.integer(1, bytes.length - 1);
      this.#put(bytes.subarray(0, at));
      this.#put(bytes.subarray(at));
    } else {
      this.#put(bytes);
    }
  }

  #put(bytes: Uint8Array): void {
    const [least, most] = this.#manners.latencyMs;
    this.#queue.push(bytes);
    this.#lastAt = Math.max(this.#lastAt, this.#agenda.now + this.#random.integer(least, most));
    this.#agenda.at(this.#lastAt, () => this.#arrive());
  }

  #arrive(): void {
    if (this.#closed || this.#paused) return;
    if (this.#agenda.now < this.#stalledUntil) {
      this.#agenda.at(this.#stalledUntil, () => this.#arrive());
      return;
    }
    const bytes = this.#queue.shift();
    if (!bytes) return;
    this.sent += bytes.length;
    this.#trace.bytes(this.#agenda.now, bytes);
    this.arrived(bytes);
    if (this.#queue.length === 0 && !this.#closed) this.drained();
  }

  stall(untilMs: Millis): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, untilMs);
  }

  /** The reader takes nothing. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const _ of this.#queue) this.#agenda.after(0, () => this.#arrive());
  }

  close(): void {
    this.#closed = true;
    this.#queue = [];
  }

  /** When all that is on the way will have arrived. */
  get emptyAt(): Millis {
    return Math.max(this.#lastAt, this.#stalledUntil, this.#agenda.now);
  }
}

/** After what time each side learns that the line is dead; undefined: it does not, and must find out by silence. */
export interface Notice {
  readonly clientMs: Millis | undefined;
  readonly serverMs: Millis | undefined;
}

/** One connection between a device and the server. */
export class Wire {
  readonly up: Pipe;
  readonly down: Pipe;
  clientClosed: () => void = () => {};
  readonly #agenda: Agenda;
  #server: TransportListener | undefined;
  #cut = false;

  constructor(agenda: Agenda, random: Random, manners: LineManners, trace: Trace) {
    this.#agenda = agenda;
    this.up = new Pipe(agenda, random, manners, trace);
    this.down = new Pipe(agenda, random, manners, trace);
  }

  get isCut(): boolean {
    return this.#cut;
  }

  /** The server's end. */
  transport(remote: string): Transport {
    const { up, down } = this;
    return {
      remote,
      write: (bytes) => down.write(bytes),
      get unsent() {
        return down.unsent;
      },
      get sent() {
        return down.sent;
      },
      pause: () => up.pause(),
      resume: () => up.resume(),
      end: () => this.#agenda.at(down.emptyAt, () => this.cut({ clientMs: 0, serverMs: 0 })),
      destroy: () => this.cut({ clientMs: 0, serverMs: 0 }),
      on: (listener) => {
        this.#server = listener;
        up.arrived = (bytes) => listener.bytes(bytes);
        down.drained = () => listener.drained();
      },
    };
  }

  /** The client hangs up: what it wrote last still arrives. */
  hangUp(): void {
    this.clientClosed = () => {};
    this.#agenda.at(this.up.emptyAt, () => this.cut({ clientMs: undefined, serverMs: 0 }));
  }

  /** Nothing arrives any more. */
  cut({ clientMs, serverMs }: Notice): void {
    if (!this.#cut) {
      this.#cut = true;
      this.up.close();
      this.down.close();
    }
    if (clientMs !== undefined) this.#agenda.after(clientMs, () => this.clientClosed());
    if (serverMs !== undefined) this.#agenda.after(serverMs, () => this.#server?.closed());
  }

  /** The server's process is gone: nobody listens at its end. */
  forsake(clientMs: Millis): void {
    this.#server = undefined;
    this.cut({ clientMs, serverMs: undefined });
  }
}
