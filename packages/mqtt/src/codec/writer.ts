import { MqttError } from '../error.ts';
import { writeAcknowledgement } from './acknowledgement.ts';
import { writeAuth } from './auth.ts';
import { ByteSink, encodeString } from './byte-sink.ts';
import { writeConnack } from './connack.ts';
import { writeConnect } from './connect.ts';
import { writeDisconnect } from './disconnect.ts';
import { FIRST_BYTES } from './fixed-header.ts';
import type { Packet, ProtocolVersion, Qos } from './packet.ts';
import { publishFlags, publishSize, writePlainPublish, writePublish } from './publish.ts';
import { SlabPool } from './slab-pool.ts';
import { writeSuback, writeSubscribe } from './subscribe.ts';
import { writeUnsuback, writeUnsubscribe } from './unsubscribe.ts';

/** Enough for the answers of an idle connection, where no pool is shared. */
const OWN_SLAB_SIZE = 1024;

/** Turns packets into bytes. */
export class PacketWriter {
  /** What the peer takes, in bytes; larger packets are not written [MQTT-3.1.2-24]. */
  maxPacketSize = Number.POSITIVE_INFINITY;
  readonly #sink: ByteSink;

  /** @param pool output memory, shared by many connections; without it the writer keeps a small one */
  constructor(pool: SlabPool = new SlabPool({ slabSize: OWN_SLAB_SIZE, most: 1 })) {
    this.#sink = new ByteSink(pool);
  }

  /** Bytes written and not yet taken. */
  get length(): number {
    return this.#sink.length;
  }

  /** All bytes written since the last call, if any. They are the caller's: nothing is written to them again. */
  take(): Uint8Array | undefined {
    return this.#sink.take();
  }

  /** Writes a packet. False, and nothing is written, if the peer does not take one so large. Throws `MqttError` if it cannot be encoded. */
  write(packet: Packet, version: ProtocolVersion): boolean {
    const sink = this.#sink;
    const before = sink.length;
    try {
      sink.uint8(FIRST_BYTES[packet.type] | (packet.type === 'publish' ? publishFlags(packet) : 0));
      const mark = sink.beginLength();
      this.#writeBody(packet, version);
      sink.endLength(mark);
    } catch (error) {
      sink.rewind(before);
      throw error;
    }
    if (sink.length - before <= this.maxPacketSize) return true;
    sink.rewind(before);
    return false;
  }

  /**
   * The fast way to a PUBLISH without properties.
   * @param topic a valid topic name, as a string or already in UTF-8
   * @param packetId 0 with QoS 0
   * @returns false, and nothing is written, if the peer does not take a packet so large
   */
  publish(
    topic: string | Uint8Array,
    payload: Uint8Array,
    qos: Qos,
    packetId: number,
    dup: boolean,
    version: ProtocolVersion,
  ): boolean {
    const length = topic.length;
    if (length > 0xffff)
      throw new MqttError('not-encodable', 'a topic is over 65,535 bytes (1.5.4); shorten it');
    const size = publishSize(length, payload.length, qos, version);
    const sink = this.#sink;
    sink.reserve(size);
    if (!writePlainPublish(sink, topic, payload, qos, packetId, dup, version)) {
      // Not all ASCII, so it is longer in UTF-8 than in units.
      return this.publish(encodeString(topic as string), payload, qos, packetId, dup, version);
    }
    if (size <= this.maxPacketSize) return true;
    sink.rewind(sink.length - size);
    return false;
  }

  #writeBody(packet: Packet, version: ProtocolVersion): void {
    const sink = this.#sink;
    switch (packet.type) {
      case 'connect':
        writeConnect(sink, packet);
        break;
      case 'connack':
        writeConnack(sink, packet, version);
        break;
      case 'publish':
        writePublish(sink, packet, version);
        break;
      case 'puback':
      case 'pubrec':
      case 'pubrel':
      case 'pubcomp':
        writeAcknowledgement(sink, packet, version);
        break;
      case 'subscribe':
        writeSubscribe(sink, packet, version);
        break;
      case 'suback':
        writeSuback(sink, packet, version);
        break;
      case 'unsubscribe':
        writeUnsubscribe(sink, packet, version);
        break;
      case 'unsuback':
        writeUnsuback(sink, packet, version);
        break;
      case 'pingreq':
      case 'pingresp':
        break;
      case 'disconnect':
        writeDisconnect(sink, packet, version);
        break;
      case 'auth':
        writeAuth(sink, packet);
        break;
      default:
        packet satisfies never;
    }
  }
}
