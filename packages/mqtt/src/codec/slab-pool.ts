/** A piece of memory that output is written to; `used` bytes of it have been given away and are never written again. */
export interface Slab {
  readonly bytes: Uint8Array;
  used: number;
}

/** Less room than this in a slab is not worth keeping: an acknowledgement with its properties would not fit. */
const LEAST_ROOM = 256;

export interface SlabPoolOptions {
  /** Bytes per allocation. Default 16 KiB. */
  readonly slabSize?: number;
  /** Slabs kept for use, default 64; more are needed only while that many connections write at the same moment. */
  readonly most?: number;
  /** Memory that need not be zeroed, since only what was written is given away: `Buffer.allocUnsafeSlow` in Node. */
  readonly allocate?: (bytes: number) => Uint8Array;
}

/**
 * Output memory that connections share: a connection holds a slab only between its first write and the taking of it, so one that
 * is idle holds none, and many small outputs share one allocation.
 */
export class SlabPool {
  readonly #slabSize: number;
  readonly #most: number;
  readonly #allocate: (bytes: number) => Uint8Array;
  readonly #free: Slab[] = [];

  constructor({
    slabSize = 16_384,
    most = 64,
    allocate = (bytes) => new Uint8Array(bytes),
  }: SlabPoolOptions = {}) {
    this.#slabSize = slabSize;
    this.#most = most;
    this.#allocate = allocate;
  }

  claim(room: number): Slab {
    const slab = this.#free.pop();
    // One with too little room goes, or such remains would fill the list.
    if (slab !== undefined && slab.bytes.length - slab.used >= room) return slab;
    return { bytes: this.#allocate(Math.max(this.#slabSize, room)), used: 0 };
  }

  release(slab: Slab): void {
    if (slab.bytes.length - slab.used >= LEAST_ROOM && this.#free.length < this.#most) this.#free.push(slab);
  }
}
