/**
 * One client of a fleet: a raw socket, prebuilt frames, and what it has in flight. A batch of packets leaves in one write at the end of the turn of the event loop.
 */
import { connect, type Socket } from 'node:net';
import {
  connectFrame,
  type Login,
  PACKET,
  type ProtocolVersion,
  PUBACK_BYTES,
  publishTemplate,
  subscribeFrame,
} from './frames.ts';
import { InFlight, PACKET_IDS, packetIdOf } from './in-flight.ts';
import {
  findText,
  type MessageIds,
  messageTemplate,
  readNumber,
  readSender,
  writeNumber,
  writeTime,
} from './message.ts';
import { HEADROOM, Unframer, upgradeRequest, writeHeader } from './websocket.ts';

const BATCH_BYTES = 48 * 1024;

/** One buffer reads for all sockets: what is read is parsed before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(256 * 1024);

export interface ClientPlan extends Login {
  userId: number;
  peerId: number;
  publishTopic: string;
  subscribeTopic: string;
}

export interface Line {
  port: number;
  version: ProtocolVersion;
  transport: 'tcp' | 'websocket';
}

/** What the fleet wants to know of its clients. Times are those of performance.now(). */
export interface FleetEvents {
  acknowledged(latencyMs: number): void;
  received(latencyMs: number): void;
  /** Acknowledged and received: the message counts and its place is free. */
  delivered(client: LoadClient): void;
  /** A double, or a message of nobody who should have sent it. */
  unexpected(what: string): void;
  /** There is something to flush at the end of this turn. */
  dirty(client: LoadClient): void;
  failed(error: Error): void;
}

export class LoadClient {
  readonly index: number;
  readonly #plan: ClientPlan;
  readonly #line: Line;
  readonly #events: FleetEvents;
  readonly #ids: MessageIds;
  readonly #unframer: Unframer | undefined;

  #socket: Socket | undefined;
  #ready: (() => void) | undefined;
  #rest: Uint8Array | undefined;
  #out = Buffer.allocUnsafeSlow(HEADROOM + BATCH_BYTES);
  #outEnd = HEADROOM;
  #isDirty = false;

  readonly #frame: Uint8Array;
  readonly #packetIdAt: number;
  readonly #messageIdAt: number;
  readonly #createTimeAt: number;
  readonly #numberAt: number;

  readonly inFlight = new InFlight();

  constructor(index: number, plan: ClientPlan, line: Line, ids: MessageIds, events: FleetEvents) {
    this.index = index;
    this.#plan = plan;
    this.#line = line;
    this.#ids = ids;
    this.#events = events;
    this.#unframer = line.transport === 'websocket' ? new Unframer() : undefined;
    const message = messageTemplate(plan.userId, plan.peerId, index);
    const publish = publishTemplate(line.version, plan.publishTopic, message.bytes);
    this.#frame = publish.bytes;
    this.#packetIdAt = publish.packetIdAt;
    this.#messageIdAt = publish.payloadAt + message.messageIdAt;
    this.#createTimeAt = publish.payloadAt + message.createTimeAt;
    this.#numberAt = publish.payloadAt + message.numberAt;
  }

  /** Resolves once the server has said SUBACK. `senderOf` finds the client that wrote a received text. */
  open(senderOf: (index: number) => LoadClient | undefined): Promise<void> {
    return new Promise((resolve) => {
      this.#ready = resolve;
      const socket = connect({
        host: '127.0.0.1',
        port: this.#line.port,
        noDelay: true,
        onread: {
          buffer: readBuffer,
          callback: (length, buffer) => {
            this.#read(buffer.subarray(0, length) as Uint8Array, senderOf);
            return true;
          },
        },
      });
      this.#socket = socket;
      if (this.#unframer) socket.write(upgradeRequest(this.#line.port, '/mqtt'));
      else this.enqueue(connectFrame(this.#line.version, this.#plan));
      socket.once('error', (error) => this.#fail(error.message));
      socket.once('close', () => this.#fail('the server closed the connection'));
    });
  }

  close(): void {
    this.#socket?.removeAllListeners('close');
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /** Sends the next message; its latencies count from `scheduledAt`. */
  send(scheduledAt: number): void {
    const number = this.inFlight.begin(scheduledAt);
    const at = this.#reserve(this.#frame.length);
    const out = this.#out;
    out.set(this.#frame, at);
    const packetId = packetIdOf(number);
    out[at + this.#packetIdAt] = packetId >> 8;
    out[at + this.#packetIdAt + 1] = packetId & 255;
    const now = Date.now();
    this.#ids.write(out, at + this.#messageIdAt, now);
    writeTime(out, at + this.#createTimeAt, now);
    writeNumber(out, at + this.#numberAt, number);
  }

  /** Puts a frame among what leaves at the end of the turn. */
  enqueue(frame: Uint8Array): void {
    const at = this.#reserve(frame.length);
    this.#out.set(frame, at);
  }

  flush(): void {
    this.#isDirty = false;
    const length = this.#outEnd - HEADROOM;
    const socket = this.#socket;
    if (length === 0 || socket === undefined) return;
    const start = this.#unframer ? writeHeader(this.#out, HEADROOM, length) : HEADROOM;
    socket.write(this.#out.subarray(start, this.#outEnd));
    // What the kernel did not take at once is still read from this memory.
    if (socket.writableLength > 0) this.#out = Buffer.allocUnsafeSlow(HEADROOM + BATCH_BYTES);
    this.#outEnd = HEADROOM;
  }

  #reserve(length: number): number {
    if (this.#outEnd + length > this.#out.length) this.flush();
    if (!this.#isDirty) {
      this.#isDirty = true;
      this.#events.dirty(this);
    }
    const at = this.#outEnd;
    this.#outEnd += length;
    return at;
  }

  #read(chunk: Uint8Array, senderOf: (index: number) => LoadClient | undefined): void {
    let bytes = this.#unframer ? this.#unwrap(this.#unframer, chunk) : chunk;
    if (this.#rest) {
      bytes = Buffer.concat([this.#rest, bytes]);
      this.#rest = undefined;
    }
    const now = performance.now();
    let at = 0;
    while (at + 2 <= bytes.length) {
      let length = 0;
      let body = at + 1;
      let shift = 0;
      while (body < bytes.length) {
        const byte = bytes[body++]!;
        length |= (byte & 127) << shift;
        shift += 7;
        if (byte < 128) {
          shift = -1;
          break;
        }
      }
      if (shift >= 0 || body + length > bytes.length) break;
      this.#take(bytes, at, body, body + length, now, senderOf);
      at = body + length;
    }
    // A copy (which a Buffer's slice would not be): the next read writes over this memory.
    if (at < bytes.length) this.#rest = Uint8Array.from(bytes.subarray(at));
  }

  #unwrap(unframer: Unframer, chunk: Uint8Array): Uint8Array {
    const wasUpgraded = unframer.isUpgraded;
    const bytes = unframer.unwrap(chunk);
    if (!wasUpgraded && unframer.isUpgraded) this.enqueue(connectFrame(this.#line.version, this.#plan));
    return bytes;
  }

  #take(
    bytes: Uint8Array,
    at: number,
    body: number,
    end: number,
    now: number,
    senderOf: (index: number) => LoadClient | undefined,
  ): void {
    switch (bytes[at]! >> 4) {
      case PACKET.publish:
        this.#takePublish(bytes, at, body, end, now, senderOf);
        return;
      case PACKET.puback:
        this.#acknowledged((bytes[body]! << 8) | bytes[body + 1]!, now);
        return;
      case PACKET.connack:
        if (bytes[body + 1] !== 0) this.#fail(`CONNACK refused with ${bytes[body + 1]}`);
        else this.enqueue(subscribeFrame(this.#line.version, PACKET_IDS + 1, this.#plan.subscribeTopic));
        return;
      case PACKET.suback:
        if (bytes[end - 1]! > 2) this.#fail(`SUBACK refused with ${bytes[end - 1]}`);
        else this.#ready?.();
        return;
      case PACKET.pingresp:
        return;
      default:
        this.#fail(`the server sent a packet of type ${bytes[at]! >> 4}`);
    }
  }

  #takePublish(
    bytes: Uint8Array,
    at: number,
    body: number,
    end: number,
    now: number,
    senderOf: (index: number) => LoadClient | undefined,
  ): void {
    let payload = body + 2 + ((bytes[body]! << 8) | bytes[body + 1]!);
    if ((bytes[at]! & 0x06) === 0) {
      this.#events.unexpected('a delivery at QoS 0');
    } else {
      const ack = this.#reserve(PUBACK_BYTES);
      this.#out[ack] = 0x40;
      this.#out[ack + 1] = 2;
      this.#out[ack + 2] = bytes[payload]!;
      this.#out[ack + 3] = bytes[payload + 1]!;
      payload += 2;
    }
    if (this.#line.version === 5) {
      let length = 0;
      let shift = 0;
      let byte: number;
      do {
        byte = bytes[payload++]!;
        length |= (byte & 127) << shift;
        shift += 7;
      } while (byte >= 128);
      payload += length;
    }
    const textAt = findText(bytes, payload, end);
    const sender = textAt < 0 ? undefined : senderOf(readSender(bytes, textAt));
    if (sender === undefined || sender.#plan.peerId !== this.#plan.userId) {
      this.#events.unexpected('a message that is not for its receiver');
      return;
    }
    sender.#received(readNumber(bytes, textAt), now);
  }

  #acknowledged(packetId: number, now: number): void {
    const settled = this.inFlight.acknowledge(packetId);
    if (settled === 'unexpected') {
      this.#events.unexpected('a PUBACK of nothing sent');
      return;
    }
    this.#events.acknowledged(now - this.inFlight.scheduledAt(packetId - 1));
    if (settled === 'delivered') this.#events.delivered(this);
  }

  #received(number: number, now: number): void {
    const settled = this.inFlight.receive(number);
    if (settled === 'unexpected') {
      this.#events.unexpected('a double, or a stray');
      return;
    }
    this.#events.received(now - this.inFlight.scheduledAt(number));
    if (settled === 'delivered') this.#events.delivered(this);
  }

  #fail(why: string): void {
    this.#events.failed(new Error(`client ${this.#plan.clientId} on port ${this.#line.port}: ${why}`));
  }
}
