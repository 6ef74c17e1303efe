/** As much of RFC 6455 as a load generator needs over a connection that nothing cuts up or compresses. */
import { randomBytes } from 'node:crypto';

/** Room before a batch of packets for the header of the binary frame that carries them. */
export const HEADROOM = 8;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

export function upgradeRequest(port: number, path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: mqtt',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    '',
    '',
  ].join('\r\n');
}

/**
 * Writes the header of a client's binary frame of `length` bytes so that it ends at `end`, and returns where it
 * begins. The mask is zero: it must be there [RFC 6455 5.1], and this one costs the generator nothing.
 */
export function writeHeader(bytes: Uint8Array, end: number, length: number): number {
  if (length > 0xffff) throw new RangeError(`a batch of ${length} bytes does not fit the header's headroom`);
  bytes.fill(0, end - 4, end);
  if (length < 126) {
    bytes[end - 5] = 0x80 | length;
    bytes[end - 6] = 0x82;
    return end - 6;
  }
  bytes[end - 5] = length & 255;
  bytes[end - 6] = length >> 8;
  bytes[end - 7] = 0x80 | 126;
  bytes[end - 8] = 0x82;
  return end - 8;
}

/** Takes the server's answer to the upgrade and then its frame headers out of the stream. */
export class Unframer {
  #upgraded = false;
  #payloadLeft = 0;
  #held: Uint8Array = new Uint8Array(0);

  get isUpgraded(): boolean {
    return this.#upgraded;
  }

  /** The MQTT bytes of a chunk, moved together in the chunk's own memory where that is possible. */
  unwrap(chunk: Uint8Array): Uint8Array {
    let bytes = chunk;
    if (this.#held.length > 0) {
      bytes = Buffer.concat([this.#held, chunk]);
      this.#held = new Uint8Array(0);
    }
    let at = 0;
    if (!this.#upgraded) {
      const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      const end = head.indexOf(END_OF_HEAD);
      if (end < 0) return this.#hold(bytes, 0, 0);
      if (!head.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) {
        throw new Error(
          `the WebSocket upgrade was refused: ${head.toString('latin1', 0, head.indexOf('\r'))}`,
        );
      }
      this.#upgraded = true;
      at = end + END_OF_HEAD.length;
    }
    let kept = 0;
    while (at < bytes.length) {
      if (this.#payloadLeft === 0) {
        const headerBytes = this.#readHeader(bytes, at);
        if (headerBytes === 0) return this.#hold(bytes, at, kept);
        at += headerBytes;
      }
      const taken = Math.min(this.#payloadLeft, bytes.length - at);
      bytes.copyWithin(kept, at, at + taken);
      kept += taken;
      at += taken;
      this.#payloadLeft -= taken;
    }
    return bytes.subarray(0, kept);
  }

  #hold(bytes: Uint8Array, from: number, kept: number): Uint8Array {
    this.#held = Uint8Array.from(bytes.subarray(from));
    return bytes.subarray(0, kept);
  }

  /** The length of the header at `at`, 0 when it is not all there yet. */
  #readHeader(bytes: Uint8Array, at: number): number {
    if (bytes.length < at + 2) return 0;
    const opcode = bytes[at]! & 15;
    if (opcode !== 2 && opcode !== 0) throw new Error(`the server sent a WebSocket frame of type ${opcode}`);
    const short = bytes[at + 1]! & 127;
    if (short < 126) {
      this.#payloadLeft = short;
      return 2;
    }
    const extra = short === 126 ? 2 : 8;
    if (bytes.length < at + 2 + extra) return 0;
    let length = 0;
    for (let i = 0; i < extra; i++) length = length * 256 + bytes[at + 2 + i]!;
    this.#payloadLeft = length;
    return 2 + extra;
  }
}
