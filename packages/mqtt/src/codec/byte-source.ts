import { malformed } from '../error.ts';

// Fatal, since invalid UTF-8 closes the connection [MQTT-1.5.4-1]; U+FEFF is a character like any other [MQTT-1.5.4-3].
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A cursor over the body of one packet; reading past its end is a malformed packet, never a read beyond. */
export class ByteSource {
  bytes: Uint8Array = new Uint8Array(0);
  pos = 0;
  end = 0;

  uint8(): number {
    if (this.pos >= this.end) truncated();
    return this.bytes[this.pos++]!;
  }

  uint16(): number {
    const at = this.pos;
    if (at + 2 > this.end) truncated();
    this.pos = at + 2;
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  uint32(): number {
    return this.uint16() * 0x1_0000 + this.uint16();
  }

  uint64(): bigint {
    return (BigInt(this.uint32()) << 32n) | BigInt(this.uint32());
  }

  /** A variable byte integer: at most four bytes, in as few as it needs [MQTT-1.5.5-1]. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.uint8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0)
          malformed('a variable byte integer is longer than it needs to be [MQTT-1.5.5-1]');
        return value;
      }
    }
    return malformed('a variable byte integer is longer than four bytes (1.5.5)');
  }

  /** Binary data with its length before it, as a view. */
  binary(): Uint8Array {
    const length = this.uint16();
    return this.#view(length);
  }

  /** Binary data with its length before it, as a copy: for what outlives the chunk it came in. */
  binaryCopy(): Uint8Array {
    return new Uint8Array(this.binary());
  }

  /** Everything up to the end, as a view. */
  rest(): Uint8Array {
    return this.#view(this.end - this.pos);
  }

  string(): string {
    const length = this.uint16();
    const start = this.pos;
    this.skip(length);
    return decodeString(this.bytes, start, start + length);
  }

  skip(length: number): void {
    if (this.pos + length > this.end) truncated();
    this.pos += length;
  }

  expectEnd(): void {
    if (this.pos !== this.end) malformed('bytes are left over after the packet (2.1.4)');
  }

  #view(length: number): Uint8Array {
    const start = this.pos;
    this.skip(length);
    // Not subarray(): of a Buffer that would be a Buffer again.
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + start, length);
  }
}

/** UTF-8 as MQTT wants it: valid, without surrogates [MQTT-1.5.4-1] and without U+0000 [MQTT-1.5.4-2]. */
export function decodeString(bytes: Uint8Array, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    if (bytes[i] === 0) malformed('a string contains U+0000 [MQTT-1.5.4-2]');
  }
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    return malformed('a string is not valid UTF-8 [MQTT-1.5.4-1]');
  }
}

function truncated(): never {
  malformed('the packet ends in the middle of a field');
}
