import { MqttError, malformed, protocolError } from '../error.ts';
import { readAcknowledgement, readPuback64 } from './acknowledgement.ts';
import { readAuth } from './auth.ts';
import { ByteSource } from './byte-source.ts';
import { readConnack } from './connack.ts';
import { readConnect } from './connect.ts';
import { readDisconnect } from './disconnect.ts';
import { FIXED_HEADERS, type FixedHeader } from './fixed-header.ts';
import { FrameBuffer } from './frame-buffer.ts';
import type { Packet, PacketType, ProtocolVersion, Role } from './packet.ts';
import { readPublish } from './publish.ts';
import { readSuback, readSubscribe } from './subscribe.ts';
import { TopicCache } from './topic-cache.ts';
import { readUnsuback, readUnsubscribe } from './unsubscribe.ts';

export interface PacketReaderOptions {
  /** The end of the line that reads: a server reads what clients may send, and the reverse. */
  readonly role: Role;
  /** Without it the first packet must be a CONNECT, which tells it. */
  readonly version?: ProtocolVersion;
  /** In bytes, the whole packet. */
  readonly maxPacketSize: number;
  /** Client of 3.1.1: also take a PUBACK of 8 or 10 bytes, with the message id. */
  readonly puback64?: boolean;
}

/**
 * Cuts a stream of bytes into packets. Chunks may end anywhere. A packet that lies whole in a chunk is read in place: its payload is
 * a view, so a chunk must not be written to after it was pushed.
 */
export class PacketReader {
  /** Known from the options or from the CONNECT. */
  version: ProtocolVersion | undefined;
  readonly #role: Role;
  readonly #puback64: boolean;
  readonly #frames: FrameBuffer;
  readonly #source = new ByteSource();
  readonly #topics = new TopicCache();
  #failure: MqttError | undefined;

  constructor(options: PacketReaderOptions) {
    this.version = options.version;
    this.#role = options.role;
    this.#puback64 = options.puback64 ?? false;
    this.#frames = new FrameBuffer(options.maxPacketSize);
  }

  /** For a limit that changes, as after CONNECT. */
  set maxPacketSize(bytes: number) {
    this.#frames.maxPacketSize = bytes;
  }

  /** Bytes pushed and not yet read. */
  get buffered(): number {
    return this.#frames.buffered;
  }

  push(chunk: Uint8Array): void {
    this.#frames.push(chunk);
  }

  /**
   * The next packet, or undefined until more bytes are pushed.
   * Throws `MqttError` on anything the standard forbids, from then on always the same: the stream has lost its sense.
   */
  next(): Packet | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const whole = this.#frames.next(this.#source);
      // The first byte alone can be wrong: nobody waits for the rest of a packet that is refused anyway.
      const first = this.#frames.firstByte;
      if (first === undefined) return undefined;
      const header = this.#checkFirstByte(first);
      return whole ? this.#parse(header.type, first & 0x0f) : undefined;
    } catch (error) {
      if (error instanceof MqttError) this.#failure = error;
      throw error;
    }
  }

  #checkFirstByte(first: number): FixedHeader {
    const header = FIXED_HEADERS[first >> 4];
    if (header === undefined) return malformed('packet type 0 is reserved (2.1.2)');
    const { type, flags, readBy, since5 } = header;
    if (flags !== undefined && (first & 0x0f) !== flags) {
      malformed(`the flags of ${type.toUpperCase()} are not ${flags} [MQTT-2.1.3-1]`);
    }
    if (readBy !== undefined && readBy !== this.#role) {
      protocolError(`a ${this.#role} received ${type.toUpperCase()} (2.1.2)`);
    }
    if (this.version === undefined && type !== 'connect') {
      protocolError('the first packet is not CONNECT [MQTT-3.1.0-1]');
    }
    if (since5 && this.version === 4) malformed(`${type.toUpperCase()} does not exist in 3.1.1`);
    return header;
  }

  #parse(type: PacketType, flags: number): Packet {
    const source = this.#source;
    if (type === 'connect') {
      const packet = readConnect(source);
      this.version = packet.version;
      return packet;
    }
    const version = this.version!;
    switch (type) {
      case 'publish':
        return readPublish(source, flags, version, this.#role, this.#topics);
      case 'puback':
        if (this.#puback64 && version === 4) return readPuback64(source);
        return readAcknowledgement(source, type, version);
      case 'pubrec':
      case 'pubrel':
      case 'pubcomp':
        return readAcknowledgement(source, type, version);
      case 'connack':
        return readConnack(source, version);
      case 'subscribe':
        return readSubscribe(source, version);
      case 'suback':
        return readSuback(source, version);
      case 'unsubscribe':
        return readUnsubscribe(source, version);
      case 'unsuback':
        return readUnsuback(source, version);
      case 'pingreq':
      case 'pingresp':
        source.expectEnd();
        return { type };
      case 'disconnect':
        return readDisconnect(source, version, this.#role);
      case 'auth':
        return readAuth(source);
      default:
        return type satisfies never;
    }
  }
}
