/**
 * Reading and writing the few protobuf primitives of the hot path. A 64-bit varint is held as two unsigned 32-bit
 * halves, because a BigInt operation costs more than the rest of the work on a field.
 */

const scratch = new DataView(new ArrayBuffer(8));

/** One bigint out of two unsigned halves. */
function joinHalves(low: number, high: number): bigint {
  if (high === 0) return BigInt(low);
  scratch.setUint32(0, high);
  scratch.setUint32(4, low);
  return scratch.getBigUint64(0);
}

/** Decimal text of two unsigned halves. */
function halvesToText(low: number, high: number): string {
  return high < 0x20_0000 ? String(high * 0x1_0000_0000 + low) : joinHalves(low, high).toString();
}

/** A cursor over protobuf bytes. Throws {@link WireError} at anything that is not protobuf. */
export class WireReader {
  offset: number;
  /** The halves of the last varint read. */
  low = 0;
  high = 0;
  private readonly bytes: Uint8Array;
  private readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  /** Leaves the value in {@link low} and {@link high}. */
  varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.offset >= this.end) throw new WireError('a varint is cut off');
      const byte = this.bytes[this.offset++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        if (shift === 63 && byte > 1) throw new WireError('a varint has more than 64 bits');
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    throw new WireError('a varint is longer than ten bytes');
  }

  /** A varint as a bigint. */
  uint64(): bigint {
    this.varint();
    return joinHalves(this.low, this.high);
  }

  /** A varint as decimal text. */
  uint64Text(): string {
    this.varint();
    return halvesToText(this.low, this.high);
  }

  /** A varint as a number; values over 2^53-1 become 2^53-1. */
  safeNumber(): number {
    this.varint();
    return this.high < 0x20_0000 ? this.high * 0x1_0000_0000 + this.low : Number.MAX_SAFE_INTEGER;
  }

  /**
   * A tag, length, enum or uint32: at most five bytes and 32 bits. No encoder writes more, and decoders disagree on
   * where a longer one ends, so that one of them would read fields that another does not see.
   */
  uint32(): number {
    const start = this.offset;
    this.varint();
    if (this.high !== 0 || this.offset - start > 5) throw new WireError('a number has more than 32 bits');
    return this.low;
  }

  /** Reads a length and passes over that many bytes; the value is `offset - length .. offset`. */
  lengthDelimited(): number {
    const length = this.uint32();
    if (length > this.end - this.offset) throw new WireError('a field is longer than the payload');
    this.offset += length;
    return length;
  }

  /** Passes over a field that is not known. */
  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 2) this.lengthDelimited();
    else {
      const size = wireType === 1 ? 8 : wireType === 5 ? 4 : undefined;
      if (size === undefined) throw new WireError(`wire type ${wireType} is not used by this schema`);
      if (size > this.end - this.offset) throw new WireError('a field is cut off');
      this.offset += size;
    }
  }
}

/** Not the bytes of a protobuf message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Small enough that a payload which is kept for long holds little else with it. */
const slabBytes = 16 * 1024;

/** A growing run of protobuf fields. */
export class WireWriter {
  private buffer = new Uint8Array(256);
  private length = 0;
  private slab = new Uint8Array(0);
  private slabUsed = 0;

  /** Forgets what a caller that failed has left. */
  restart(): void {
    this.length = 0;
  }

  private reserve(size: number): void {
    if (this.length + size <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + size));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }

  private varint(value: number): void {
    const bytes = this.buffer;
    let at = this.length;
    let rest = value;
    if (rest > 0x7fff_ffff) {
      // Bit operations cut a value to 32 bits: the lower 28 go first, the others fit then.
      const low = rest % 0x1000_0000;
      bytes[at++] = low | 0x80;
      bytes[at++] = (low >>> 7) | 0x80;
      bytes[at++] = (low >>> 14) | 0x80;
      bytes[at++] = (low >>> 21) | 0x80;
      rest = Math.floor(rest / 0x1000_0000);
    }
    while (rest >= 0x80) {
      bytes[at++] = rest | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.length = at;
  }

  /** A varint field whose value is a safe integer. */
  number(field: number, value: number): void {
    this.reserve(15);
    this.varint(field << 3);
    this.varint(value);
  }

  /** A varint field of any 64-bit value. */
  uint64(field: number, value: bigint): void {
    this.reserve(15);
    this.varint(field << 3);
    scratch.setBigUint64(0, value);
    let high = scratch.getUint32(0);
    let low = scratch.getUint32(4);
    while (high > 0 || low >= 0x80) {
      this.buffer[this.length++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.buffer[this.length++] = low;
  }

  /** A varint field given as decimal text. */
  uint64Text(field: number, value: string): void {
    if (value.length < 16) this.number(field, Number(value));
    else this.uint64(field, BigInt(value));
  }

  /** A string field of ASCII text. */
  ascii(field: number, value: string): void {
    this.reserve(10 + value.length);
    this.varint((field << 3) | 2);
    this.varint(value.length);
    for (let i = 0; i < value.length; i++) this.buffer[this.length++] = value.charCodeAt(i);
  }

  /** A field of bytes, of text in UTF-8, or of a message. */
  bytes(field: number, value: Uint8Array): void {
    this.reserve(10 + value.length);
    this.varint((field << 3) | 2);
    this.varint(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  /** The fields written since the last call, behind `before`. Nobody else ever writes to these bytes. */
  takeAfter(before: Uint8Array): Uint8Array {
    const whole = this.allot(before.length + this.length);
    whole.set(before);
    whole.set(this.buffer.subarray(0, this.length), before.length);
    this.length = 0;
    return whole;
  }

  /** A piece of a larger allocation: one for each small payload would cost more than what is written to it. */
  private allot(size: number): Uint8Array {
    if (size > slabBytes / 8) return new Uint8Array(size);
    if (this.slabUsed + size > this.slab.length) {
      this.slab = new Uint8Array(slabBytes);
      this.slabUsed = 0;
    }
    const piece = this.slab.subarray(this.slabUsed, this.slabUsed + size);
    this.slabUsed += size;
    return piece;
  }
}
