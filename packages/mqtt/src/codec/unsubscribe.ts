import { protocolError } from '../error.ts';
import { permitsReasonCode } from '../reason-codes.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import type { ProtocolVersion } from './packet.ts';
import { readPacketId } from './packet-id.ts';
import { type Properties, propertySet, readProperties, writeProperties } from './properties.ts';
import { readFilter } from './subscribe.ts';

const UNSUBSCRIBE_PROPERTIES = ['userProperties'] as const;
const UNSUBACK_PROPERTIES = ['reason', 'userProperties'] as const;

/** (3.10) */
export interface UnsubscribePacket extends Pick<Properties, (typeof UNSUBSCRIBE_PROPERTIES)[number]> {
  readonly type: 'unsubscribe';
  readonly packetId: number;
  /** At least one. */
  readonly filters: readonly string[];
}

/** (3.11) */
export interface UnsubackPacket extends Pick<Properties, (typeof UNSUBACK_PROPERTIES)[number]> {
  readonly type: 'unsuback';
  readonly packetId: number;
  /** One per filter, in its order. Empty in 3.1.1, which has none. */
  readonly reasonCodes: readonly number[];
}

const PROPERTIES = propertySet('UNSUBSCRIBE', UNSUBSCRIBE_PROPERTIES);
const ANSWER_PROPERTIES = propertySet('UNSUBACK', UNSUBACK_PROPERTIES);

export function readUnsubscribe(source: ByteSource, version: ProtocolVersion): UnsubscribePacket {
  const filters: string[] = [];
  const packet: UnsubscribePacket = { type: 'unsubscribe', packetId: readPacketId(source), filters };
  if (version === 5) readProperties(source, packet, PROPERTIES);
  if (source.pos === source.end) protocolError('UNSUBSCRIBE asks for nothing [MQTT-3.10.3-2]');
  while (source.pos < source.end) filters.push(readFilter(source, version));
  return packet;
}

export function writeUnsubscribe(sink: ByteSink, packet: UnsubscribePacket, version: ProtocolVersion): void {
  sink.uint16(packet.packetId);
  if (version === 5) writeProperties(sink, packet, PROPERTIES);
  for (const filter of packet.filters) sink.string(filter);
}

export function readUnsuback(source: ByteSource, version: ProtocolVersion): UnsubackPacket {
  const reasonCodes: number[] = [];
  const packet: UnsubackPacket = { type: 'unsuback', packetId: readPacketId(source), reasonCodes };
  if (version === 4) {
    source.expectEnd();
    return packet;
  }
  readProperties(source, packet, ANSWER_PROPERTIES);
  if (source.pos === source.end) protocolError('UNSUBACK answers nothing [MQTT-3.11.3-1]');
  while (source.pos < source.end) {
    const code = source.uint8();
    if (!permitsReasonCode('unsuback', code))
      protocolError(`UNSUBACK has the unknown code ${code} [MQTT-3.11.3-2]`);
    reasonCodes.push(code);
  }
  return packet;
}

export function writeUnsuback(sink: ByteSink, packet: UnsubackPacket, version: ProtocolVersion): void {
  sink.uint16(packet.packetId);
  if (version === 4) return;
  writeProperties(sink, packet, ANSWER_PROPERTIES);
  for (const code of packet.reasonCodes) sink.uint8(code);
}
