import { MqttError, malformed, protocolError } from '../error.ts';
import { isTopicName } from '../topic.ts';
import type { ByteSink } from './byte-sink.ts';
import { varintSize } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import type { ProtocolVersion, Qos, Role } from './packet.ts';
import { readPacketId } from './packet-id.ts';
import {
  hasProperties,
  type Properties,
  propertySet,
  readProperties,
  writeProperties,
} from './properties.ts';
import type { TopicCache } from './topic-cache.ts';

const PUBLISH_PROPERTIES = [
  'payloadFormatIndicator',
  'messageExpiryS',
  'topicAlias',
  'responseTopic',
  'correlationData',
  'userProperties',
  'subscriptionIdentifiers',
  'contentType',
] as const;

/** An application message (3.3). */
export interface PublishPacket extends Pick<Properties, (typeof PUBLISH_PROPERTIES)[number]> {
  readonly type: 'publish';
  /** Empty only in MQTT 5 beside a topic alias; the connection machines fill it in. */
  readonly topic: string;
  /** A view of the chunk it came in, unless that held it only in part. Copy it to keep it. */
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly dup: boolean;
  readonly retain: boolean;
  /** 0 with QoS 0, which has none [MQTT-2.2.1-2]. */
  readonly packetId: number;
}

const PROPERTIES = propertySet('PUBLISH', PUBLISH_PROPERTIES);

const TYPE = 0x30;
const DUP = 0x08;
const RETAIN = 0x01;

export function readPublish(
  source: ByteSource,
  flags: number,
  version: ProtocolVersion,
  role: Role,
  topics: TopicCache,
): PublishPacket {
  const qos = (flags >> 1) & 3;
  if (qos === 3) malformed('a PUBLISH has QoS 3 [MQTT-3.3.1-4]');
  const dup = (flags & DUP) !== 0;
  if (dup && qos === 0) malformed('a PUBLISH with QoS 0 has DUP set [MQTT-3.3.1-2]');

  const topicLength = source.uint16();
  const topicStart = source.pos;
  source.skip(topicLength);
  const topic = topics.decode(source.bytes, topicStart, source.pos);
  const packetId = qos === 0 ? 0 : readPacketId(source);

  if (version === 5 && source.bytes[source.pos] !== 0) {
    const properties: Properties = {};
    readProperties(source, properties, PROPERTIES);
    checkProperties(properties, role);
    if (topic === '' && properties.topicAlias === undefined) noTopic();
    return { ...basic(source, topic, qos as Qos, dup, flags, packetId), ...properties };
  }
  // The empty property section, which is the usual one.
  if (version === 5) source.uint8();
  if (topic === '') noTopic();
  return basic(source, topic, qos as Qos, dup, flags, packetId);
}

function basic(
  source: ByteSource,
  topic: string,
  qos: Qos,
  dup: boolean,
  flags: number,
  packetId: number,
): PublishPacket {
  return {
    type: 'publish',
    topic,
    payload: source.rest(),
    qos,
    dup,
    retain: (flags & RETAIN) !== 0,
    packetId,
  };
}

function checkProperties(properties: Properties, role: Role): void {
  if (role === 'server' && properties.subscriptionIdentifiers !== undefined) {
    protocolError('a client sends a subscription identifier in PUBLISH [MQTT-3.3.4-6]');
  }
}

function noTopic(): never {
  throw new MqttError(
    'topic-name-invalid',
    'a PUBLISH has neither topic nor topic alias [MQTT-4.7.3-1] (3.3.2.1)',
  );
}

export function publishFlags(packet: PublishPacket): number {
  if (packet.topic === '' ? packet.topicAlias === undefined : !isTopicName(packet.topic)) {
    throw new MqttError(
      'not-encodable',
      `"${packet.topic}" is no topic to publish to [MQTT-3.3.2-2]; take out wildcards`,
    );
  }
  return (packet.dup ? DUP : 0) | (packet.qos << 1) | (packet.retain ? RETAIN : 0);
}

export function writePublish(sink: ByteSink, packet: PublishPacket, version: ProtocolVersion): void {
  sink.string(packet.topic);
  if (packet.qos > 0) sink.uint16(packet.packetId);
  if (version === 5) {
    if (hasProperties(packet, PROPERTIES)) writeProperties(sink, packet, PROPERTIES);
    else sink.uint8(0);
  }
  sink.raw(packet.payload);
}

/** The size on the wire of a PUBLISH without properties, from the size of its topic in UTF-8. */
export function publishSize(
  topicBytes: number,
  payloadBytes: number,
  qos: Qos,
  version: ProtocolVersion,
): number {
  const body = 2 + topicBytes + (qos === 0 ? 0 : 2) + (version === 5 ? 1 : 0) + payloadBytes;
  return 1 + varintSize(body) + body;
}

/**
 * Writes a PUBLISH without properties in one pass, into room that was reserved by its `publishSize`.
 * False, and nothing is written, if the topic is a string with other characters than ASCII.
 */
export function writePlainPublish(
  sink: ByteSink,
  topic: string | Uint8Array,
  payload: Uint8Array,
  qos: Qos,
  packetId: number,
  dup: boolean,
  version: ProtocolVersion,
): boolean {
  const { bytes } = sink;
  const topicBytes = topic.length;
  let at = sink.pos;
  bytes[at++] = TYPE | (dup ? DUP : 0) | (qos << 1);
  let rest = 2 + topicBytes + (qos === 0 ? 0 : 2) + (version === 5 ? 1 : 0) + payload.length;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  bytes[at++] = topicBytes >>> 8;
  bytes[at++] = topicBytes;
  if (typeof topic !== 'string') bytes.set(topic, at);
  else if (!sink.ascii(topic, at)) return false;
  at += topicBytes;
  if (qos > 0) {
    bytes[at++] = packetId >>> 8;
    bytes[at++] = packetId;
  }
  if (version === 5) bytes[at++] = 0;
  bytes.set(payload, at);
  sink.pos = at + payload.length;
  return true;
}
