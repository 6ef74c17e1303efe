import { MqttError } from '../error.ts';
import type { Slab, SlabPool } from './slab-pool.ts';

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** Growable output. What `take` has given away is never written to again, so it may lie in a socket's queue. */
export class ByteSink {
  /** Valid up to the next `reserve`. */
  bytes: Uint8Array = NOTHING;
  pos = 0;
  #start = 0;
  #slab: Slab | undefined;
  readonly #pool: SlabPool;

  constructor(pool: SlabPool) {
    this.#pool = pool;
  }

  /** Bytes not yet taken. */
  get length(): number {
    return this.pos - this.#start;
  }

  take(): Uint8Array | undefined {
    const slab = this.#slab;
    if (slab === undefined) return undefined;
    const taken = this.length === 0 ? undefined : this.bytes.subarray(this.#start, this.pos);
    slab.used = this.pos;
    this.#pool.release(slab);
    this.#slab = undefined;
    this.bytes = NOTHING;
    this.pos = 0;
    this.#start = 0;
    return taken;
  }

  /** Drops everything written since the output had this length. */
  rewind(length: number): void {
    this.pos = this.#start + length;
  }

  reserve(room: number): void {
    if (this.pos + room > this.bytes.length) this.#grow(room);
  }

  uint8(value: number): void {
    this.reserve(1);
    this.bytes[this.pos++] = value;
  }

  uint16(value: number): void {
    this.reserve(2);
    this.bytes[this.pos++] = value >>> 8;
    this.bytes[this.pos++] = value;
  }

  uint32(value: number): void {
    this.uint16(value >>> 16);
    this.uint16(value & 0xffff);
  }

  uint64(value: bigint): void {
    this.uint32(Number((value >> 32n) & 0xffff_ffffn));
    this.uint32(Number(value & 0xffff_ffffn));
  }

  varint(value: number): void {
    this.reserve(4);
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[this.pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.pos++] = rest;
  }

  /** Begins a part that has its length, a variable byte integer, before it. Returns the mark for `endLength`. */
  beginLength(): number {
    this.reserve(1);
    this.pos++;
    return this.length;
  }

  endLength(mark: number): void {
    const length = this.length - mark;
    const more = varintSize(length) - 1;
    this.reserve(4);
    const body = this.#start + mark;
    // One byte was left for the length, which is all that most parts need; the others move up.
    if (more > 0) this.bytes.copyWithin(body + more, body, this.pos);
    const end = this.pos + more;
    this.pos = body - 1;
    this.varint(length);
    this.pos = end;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.pos);
    this.pos += bytes.length;
  }

  /** Binary data with its length before it. */
  binary(bytes: Uint8Array): void {
    if (bytes.length > 0xffff) tooLong();
    this.uint16(bytes.length);
    this.raw(bytes);
  }

  /** A string as UTF-8 with its length before it. */
  string(text: string): void {
    this.reserve(2 + text.length);
    const start = this.pos;
    if (!this.ascii(text, start + 2)) {
      this.binary(encodeString(text));
      return;
    }
    if (text.length > 0xffff) tooLong();
    this.pos = start;
    this.uint16(text.length);
    this.pos += text.length;
  }

  /** Writes text at a place that was reserved, without moving on. False if it is not all ASCII, or has U+0000. */
  ascii(text: string, at: number): boolean {
    const { bytes } = this;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === 0 || unit > 0x7f) return false;
      bytes[at + i] = unit;
    }
    return true;
  }

  #grow(room: number): void {
    const length = this.length;
    // Doubling, so that a long output is copied a constant number of times.
    const slab = this.#pool.claim(length === 0 ? room : Math.max(2 * length, length + room));
    slab.bytes.set(this.bytes.subarray(this.#start, this.pos), slab.used);
    if (this.#slab !== undefined) this.#pool.release(this.#slab);
    this.#slab = slab;
    this.bytes = slab.bytes;
    this.#start = slab.used;
    this.pos = slab.used + length;
  }
}

/** Bytes that `value` takes as a variable byte integer. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  throw new MqttError(
    'not-encodable',
    `a packet of ${value} bytes is over the 256 MiB of the format (1.5.5); send less`,
  );
}

/** The UTF-8 of a string that MQTT lets through: no lone surrogate [MQTT-1.5.4-1], no U+0000 [MQTT-1.5.4-2]. */
export function encodeString(text: string): Uint8Array {
  if (!text.isWellFormed() || text.includes('\0')) {
    throw new MqttError(
      'not-encodable',
      'a string holds a lone surrogate or U+0000 [MQTT-1.5.4-1]; remove it',
    );
  }
  return encoder.encode(text);
}

function tooLong(): never {
  throw new MqttError('not-encodable', 'a string or binary field is over 65,535 bytes (1.5.4); shorten it');
}
