import { MqttError, malformed, protocolError } from '../error.ts';
import { permitsReasonCode } from '../reason-codes.ts';
import { isSharedFilter, isSharedFilterWellFormed, isTopicFilter } from '../topic.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import type { ProtocolVersion, Qos } from './packet.ts';
import { readPacketId } from './packet-id.ts';
import { type Properties, propertySet, readProperties, writeProperties } from './properties.ts';

const SUBSCRIBE_PROPERTIES = ['subscriptionIdentifiers', 'userProperties'] as const;
const SUBACK_PROPERTIES = ['reason', 'userProperties'] as const;

export interface Subscription {
  readonly filter: string;
  /** The most the subscriber wants. */
  readonly qos: Qos;
  /** MQTT 5: not what this client publishes itself. */
  readonly noLocal?: boolean;
  /** MQTT 5: RETAIN as it was published. */
  readonly retainAsPublished?: boolean;
  /** MQTT 5: retained messages are sent 0 always, 1 if the subscription is new, 2 never. */
  readonly retainHandling?: 0 | 1 | 2;
}

/** (3.8) */
export interface SubscribePacket extends Pick<Properties, (typeof SUBSCRIBE_PROPERTIES)[number]> {
  readonly type: 'subscribe';
  readonly packetId: number;
  /** At least one. */
  readonly subscriptions: readonly Subscription[];
}

/** (3.9) */
export interface SubackPacket extends Pick<Properties, (typeof SUBACK_PROPERTIES)[number]> {
  readonly type: 'suback';
  readonly packetId: number;
  /** One per subscription, in its order: the QoS granted, or 0x80 and above. */
  readonly reasonCodes: readonly number[];
}

const PROPERTIES = propertySet('SUBSCRIBE', SUBSCRIBE_PROPERTIES);
const ANSWER_PROPERTIES = propertySet('SUBACK', SUBACK_PROPERTIES);

const NO_LOCAL = 0x04;
const RETAIN_AS_PUBLISHED = 0x08;
const RETAIN_HANDLING_SHIFT = 4;

export function readSubscribe(source: ByteSource, version: ProtocolVersion): SubscribePacket {
  const subscriptions: Subscription[] = [];
  const packet: SubscribePacket = { type: 'subscribe', packetId: readPacketId(source), subscriptions };
  if (version === 5) {
    readProperties(source, packet, PROPERTIES);
    if (packet.subscriptionIdentifiers !== undefined && packet.subscriptionIdentifiers.length > 1) {
      protocolError('SUBSCRIBE has two subscription identifiers (3.8.2.1.2)');
    }
  }
  if (source.pos === source.end) protocolError('SUBSCRIBE asks for nothing [MQTT-3.8.3-2]');
  while (source.pos < source.end) subscriptions.push(readSubscription(source, version));
  return packet;
}

function readSubscription(source: ByteSource, version: ProtocolVersion): Subscription {
  const filter = readFilter(source, version);
  const options = source.uint8();
  const qos = options & 3;
  if (qos === 3) malformed('a subscription asks for QoS 3 (3.8.3.1)');
  if (version === 4) {
    if (options > 2) malformed('reserved bits of a subscription are set [MQTT-3-8.3-4]');
    return { filter, qos: qos as Qos };
  }
  if ((options & 0xc0) !== 0) malformed('reserved bits of a subscription are set [MQTT-3.8.3-5]');
  const retainHandling = options >> RETAIN_HANDLING_SHIFT;
  if (retainHandling === 3) protocolError('Retain Handling is 3 (3.8.3.1)');
  const noLocal = (options & NO_LOCAL) !== 0;
  if (noLocal && isSharedFilter(filter)) protocolError('No Local on a shared subscription [MQTT-3.8.3-4]');
  return {
    filter,
    qos: qos as Qos,
    noLocal,
    retainAsPublished: (options & RETAIN_AS_PUBLISHED) !== 0,
    retainHandling: retainHandling as 0 | 1 | 2,
  };
}

/** A topic filter with its wildcards where they may be (4.7.1). */
export function readFilter(source: ByteSource, version: ProtocolVersion): string {
  const filter = source.string();
  if (
    !isTopicFilter(filter) ||
    (version === 5 && isSharedFilter(filter) && !isSharedFilterWellFormed(filter))
  ) {
    throw new MqttError(
      'topic-filter-invalid',
      'a topic filter is empty or has a wildcard out of place (4.7.1, 4.8.2)',
    );
  }
  return filter;
}

export function writeSubscribe(sink: ByteSink, packet: SubscribePacket, version: ProtocolVersion): void {
  sink.uint16(packet.packetId);
  if (version === 5) writeProperties(sink, packet, PROPERTIES);
  for (const { filter, qos, noLocal, retainAsPublished, retainHandling } of packet.subscriptions) {
    sink.string(filter);
    const options =
      (noLocal ? NO_LOCAL : 0) |
      (retainAsPublished ? RETAIN_AS_PUBLISHED : 0) |
      ((retainHandling ?? 0) << RETAIN_HANDLING_SHIFT);
    sink.uint8(version === 5 ? qos | options : qos);
  }
}

export function readSuback(source: ByteSource, version: ProtocolVersion): SubackPacket {
  const reasonCodes: number[] = [];
  const packet: SubackPacket = { type: 'suback', packetId: readPacketId(source), reasonCodes };
  if (version === 5) readProperties(source, packet, ANSWER_PROPERTIES);
  if (source.pos === source.end) protocolError('SUBACK answers nothing [MQTT-3.8.4-6]');
  while (source.pos < source.end) {
    const code = source.uint8();
    const known = version === 5 ? permitsReasonCode('suback', code) : code <= 2 || code === 0x80;
    if (!known) protocolError(`SUBACK has the unknown code ${code} [MQTT-3.9.3-2]`);
    reasonCodes.push(code);
  }
  return packet;
}

export function writeSuback(sink: ByteSink, packet: SubackPacket, version: ProtocolVersion): void {
  sink.uint16(packet.packetId);
  if (version === 5) writeProperties(sink, packet, ANSWER_PROPERTIES);
  // 3.1.1 knows one failure (table 3.2 there).
  for (const code of packet.reasonCodes) sink.uint8(version === 4 && code > 2 ? 0x80 : code);
}
