import type { Socket } from 'node:net';

/** What is wrong with one direction of a line. */
export interface FlowFaults {
  /** Each byte arrives this much later. */
  readonly latencyMs?: number;
  /** No more than this gets through. */
  readonly bytesPerSecond?: number;
  /** Every byte is written on its own, so that a reader sees packets cut anywhere. */
  readonly oneByteAtATime?: boolean;
  /** Nothing gets through, nothing is lost, and nobody is told: it arrives after healing. */
  readonly silent?: boolean;
}

interface Chunk {
  bytes: Buffer;
  readonly dueMs: number;
}

/** So much may be on its way; more is left to the sender's own buffers, as a real line does. */
const maxUnderwayBytes = 1 << 20;

/** One direction of a connection: takes bytes from a socket and gives them to another, with faults. */
export class Flow {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #queue: Chunk[] = [];
  #underwayBytes = 0;
  #faults: FlowFaults;
  #timer: NodeJS.Timeout | undefined;
  #free = 0;
  #ended = false;
  #onFlowing: (() => void)[] = [];

  constructor(from: Socket, to: Socket, faults: FlowFaults) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.once('end', () => {
      this.#ended = true;
      this.#move();
    });
    to.on('drain', () => this.#move());
    to.once('close', () => clearTimeout(this.#timer));
  }

  set(faults: FlowFaults): void {
    this.#faults = faults;
    this.#free = 0;
    this.#move();
  }

  /** Runs it when everything that was taken has been given and the line is not silent: now, or later. */
  whenFlowing(run: () => void): void {
    this.#onFlowing.push(run);
    this.#move();
  }

  #take(bytes: Buffer): void {
    const now = performance.now();
    this.#queue.push({ bytes, dueMs: now + (this.#faults.latencyMs ?? 0) });
    this.#underwayBytes += bytes.length;
    if (this.#underwayBytes > maxUnderwayBytes) this.#from.pause();
    this.#move();
  }

  /** Gives what is due, then waits for what is due next. */
  #move(): void {
    clearTimeout(this.#timer);
    if (this.#faults.silent) return;
    const { oneByteAtATime, bytesPerSecond } = this.#faults;
    for (let chunk = this.#queue[0]; chunk !== undefined; chunk = this.#queue[0]) {
      if (this.#to.writableNeedDrain) return;
      const now = performance.now();
      const waitMs = Math.max(chunk.dueMs, this.#free) - now;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#move(), waitMs);
        return;
      }
      // A narrow line gives what passes in 10 ms at a time, so that it is slow and not jerky.
      const most = oneByteAtATime
        ? 1
        : bytesPerSecond
          ? Math.max(1, Math.ceil(bytesPerSecond / 100))
          : chunk.bytes.length;
      const count = Math.min(most, chunk.bytes.length);
      this.#give(chunk, count);
      if (bytesPerSecond) this.#free = Math.max(now, this.#free) + (1000 * count) / bytesPerSecond;
      if (oneByteAtATime) {
        // The kernel joins bytes that are written in one turn.
        this.#timer = setTimeout(() => this.#move(), 0);
        return;
      }
    }
    if (this.#ended && !this.#to.writableEnded) this.#to.end();
    for (const run of this.#onFlowing.splice(0)) run();
  }

  #give(chunk: Chunk, count: number): void {
    if (this.#to.writable) this.#to.write(chunk.bytes.subarray(0, count));
    chunk.bytes = chunk.bytes.subarray(count);
    if (chunk.bytes.length === 0) this.#queue.shift();
    this.#underwayBytes -= count;
    if (this.#underwayBytes <= maxUnderwayBytes / 2 && this.#from.isPaused()) this.#from.resume();
  }
}
