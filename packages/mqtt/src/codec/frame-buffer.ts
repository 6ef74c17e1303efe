import { MqttError, malformed } from '../error.ts';
import type { ByteSource } from './byte-source.ts';

const NOTHING = new Uint8Array(0);
/** Room for the usual small packet. */
const LEAST_CAPACITY = 64;

/**
 * Finds where packets begin and end in a stream of chunks. Whole packets are read where they lie; only one that is cut is put
 * together in a buffer of its own, which doubles as it fills, so a claimed length costs nothing before its bytes come.
 */
export class FrameBuffer {
  maxPacketSize: number;
  /** The first byte of the packet that `next` found, whole or not. */
  firstByte: number | undefined;
  /** Where the packet at hand begins and what there is of it and after it. */
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;
  /** Whether `#bytes` is ours to append to; a chunk is not. */
  #owned = false;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Where the body begins; only valid once the fixed header is complete. */
  #body = 0;

  constructor(maxPacketSize: number) {
    this.maxPacketSize = maxPacketSize;
  }

  get buffered(): number {
    return this.#end - this.#start + this.#waitingBytes;
  }

  push(chunk: Uint8Array): void {
    if (this.#start === this.#end && this.#waitingBytes === 0) this.#moveTo(chunk);
    else if (chunk.length > 0) {
      this.#waiting.push(chunk);
      this.#waitingBytes += chunk.length;
    }
  }

  /** Points `source` at the body of the next whole packet, if there is one. */
  next(source: ByteSource): boolean {
    for (;;) {
      const total = this.#packetSize();
      if (total > 0 && this.#end - this.#start >= total) {
        this.firstByte = this.#bytes[this.#start];
        source.bytes = this.#bytes;
        source.pos = this.#body;
        this.#start += total;
        source.end = this.#start;
        return true;
      }
      if (!this.#gather(total)) {
        this.firstByte = this.#start < this.#end ? this.#bytes[this.#start] : undefined;
        return false;
      }
    }
  }

  /** Size of the packet at `#start`, or 0 while its fixed header is incomplete. */
  #packetSize(): number {
    const bytes = this.#bytes;
    let length = 0;
    let at = this.#start + 1;
    for (let shift = 0; shift < 28; shift += 7, at++) {
      if (at >= this.#end) return 0;
      const byte = bytes[at]!;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0)
          malformed('Remaining Length is longer than it needs to be [MQTT-1.5.5-1]');
        this.#body = at + 1;
        return this.#checked(at + 1 - this.#start + length);
      }
    }
    return malformed('Remaining Length is longer than four bytes (2.1.4)');
  }

  #checked(total: number): number {
    if (total > this.maxPacketSize) {
      const text = `a packet of ${total} bytes is over the ${this.maxPacketSize} allowed here; send less [MQTT-3.2.2-15]`;
      throw new MqttError('packet-too-large', text);
    }
    return total;
  }

  /** Takes from the waiting chunks what completes the packet at hand, and no more, so that what follows is read in place. */
  #gather(total: number): boolean {
    const chunk = this.#waiting[0];
    if (chunk === undefined) {
      // Not to hold on to a whole chunk for the sake of its last bytes.
      if (this.#start < this.#end && !this.#owned) this.#own(this.#end - this.#start);
      else if (this.#start === this.#end) this.#moveTo(NOTHING);
      return false;
    }
    const have = this.#end - this.#start;
    if (have === 0) {
      this.#waiting.shift();
      this.#waitingBytes -= chunk.length;
      this.#moveTo(chunk);
      return true;
    }
    const taken = Math.min(total === 0 ? 1 : total - have, chunk.length);
    if (!this.#owned || this.#bytes.length - this.#end < taken) {
      this.#own(Math.max(have + taken, Math.min(total, 2 * have)));
    }
    this.#bytes.set(chunk.subarray(0, taken), this.#end);
    this.#end += taken;
    this.#waitingBytes -= taken;
    if (taken === chunk.length) this.#waiting.shift();
    else this.#waiting[0] = chunk.subarray(taken);
    return true;
  }

  #moveTo(chunk: Uint8Array): void {
    this.#bytes = chunk;
    this.#start = 0;
    this.#end = chunk.length;
    this.#owned = false;
  }

  /** Moves the packet at hand to a new buffer; never within one, since payloads that were handed out point into it. */
  #own(capacity: number): void {
    const buffer = new Uint8Array(Math.max(capacity, LEAST_CAPACITY));
    const have = this.#end - this.#start;
    buffer.set(this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = buffer;
    this.#start = 0;
    this.#end = have;
    this.#owned = true;
  }
}
