import { malformed, protocolError } from '../error.ts';
import { permitsReasonCode } from '../reason-codes.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import type { ProtocolVersion } from './packet.ts';
import { readPacketId } from './packet-id.ts';
import {
  hasProperties,
  type Properties,
  propertySet,
  readProperties,
  writeProperties,
} from './properties.ts';

const ACKNOWLEDGEMENT_PROPERTIES = ['reason', 'userProperties'] as const;

interface Acknowledgement extends Pick<Properties, (typeof ACKNOWLEDGEMENT_PROPERTIES)[number]> {
  readonly packetId: number;
  readonly reasonCode: number;
}

/** Answers a PUBLISH with QoS 1 (3.4). */
export interface PubackPacket extends Acknowledgement {
  readonly type: 'puback';
  /** The id the server gave to the message; only in the 64-bit dialect of 3.1.1. `packetId` is 0 if the body is the id alone. */
  readonly messageId?: bigint;
}

/** First answer to a PUBLISH with QoS 2 (3.5). */
export interface PubrecPacket extends Acknowledgement {
  readonly type: 'pubrec';
}

/** Answers PUBREC: the sender forgets the message (3.6). */
export interface PubrelPacket extends Acknowledgement {
  readonly type: 'pubrel';
}

/** Answers PUBREL: the packet identifier is free again (3.7). */
export interface PubcompPacket extends Acknowledgement {
  readonly type: 'pubcomp';
}

export type AcknowledgementPacket = PubackPacket | PubrecPacket | PubrelPacket | PubcompPacket;

const PROPERTIES = propertySet('an acknowledgement', ACKNOWLEDGEMENT_PROPERTIES);

export function readAcknowledgement(
  source: ByteSource,
  type: AcknowledgementPacket['type'],
  version: ProtocolVersion,
): AcknowledgementPacket {
  const packetId = readPacketId(source);
  if (version === 4 || source.pos === source.end) {
    source.expectEnd();
    return { type, packetId, reasonCode: 0 };
  }
  const reasonCode = source.uint8();
  if (!permitsReasonCode(type, reasonCode)) {
    protocolError(`${type.toUpperCase()} has the unknown reason code ${reasonCode} [MQTT-3.4.2-1]`);
  }
  const packet: AcknowledgementPacket = { type, packetId, reasonCode };
  if (source.pos < source.end) readProperties(source, packet, PROPERTIES);
  source.expectEnd();
  return packet;
}

/** PUBACK in the 64-bit dialect: packet id (2 bytes), message id (8), or both (10). */
export function readPuback64(source: ByteSource): PubackPacket {
  const length = source.end - source.pos;
  switch (length) {
    case 2:
      return { type: 'puback', packetId: readPacketId(source), reasonCode: 0 };
    case 8:
      return { type: 'puback', packetId: 0, reasonCode: 0, messageId: source.uint64() };
    case 10:
      return { type: 'puback', packetId: readPacketId(source), reasonCode: 0, messageId: source.uint64() };
    default:
      return malformed(`a PUBACK of the 64-bit dialect has ${length} bytes; it can have 2, 8 or 10`);
  }
}

export function writeAcknowledgement(
  sink: ByteSink,
  packet: AcknowledgementPacket,
  version: ProtocolVersion,
): void {
  sink.uint16(packet.packetId);
  if (version === 4) {
    if (packet.type === 'puback' && packet.messageId !== undefined) sink.uint64(packet.messageId);
    return;
  }
  const properties = hasProperties(packet, PROPERTIES);
  if (packet.reasonCode !== 0 || properties) sink.uint8(packet.reasonCode);
  if (properties) writeProperties(sink, packet, PROPERTIES);
}
