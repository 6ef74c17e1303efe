import { malformed, protocolError } from '../error.ts';
import { permitsReasonCode } from '../reason-codes.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import type { ProtocolVersion } from './packet.ts';
import { type Properties, propertySet, readProperties, writeProperties } from './properties.ts';

const CONNACK_PROPERTIES = [
  'sessionExpiryS',
  'receiveMaximum',
  'maximumQos',
  'retainAvailable',
  'maximumPacketSize',
  'assignedClientId',
  'topicAliasMaximum',
  'reason',
  'userProperties',
  'wildcardSubscriptionAvailable',
  'subscriptionIdentifiersAvailable',
  'sharedSubscriptionAvailable',
  'serverKeepAliveS',
  'responseInformation',
  'serverReference',
  'authenticationMethod',
  'authenticationData',
] as const;

/** The server's answer to CONNECT (3.2). */
export interface ConnackPacket extends Pick<Properties, (typeof CONNACK_PROPERTIES)[number]> {
  readonly type: 'connack';
  readonly sessionPresent: boolean;
  /** The byte on the wire: a reason code in MQTT 5, a return code (0 to 5) in 3.1.1. */
  readonly reasonCode: number;
}

const PROPERTIES = propertySet('CONNACK', CONNACK_PROPERTIES);

export function readConnack(source: ByteSource, version: ProtocolVersion): ConnackPacket {
  const flags = source.uint8();
  if (flags > 1) malformed('reserved flags of CONNACK are set [MQTT-3.2.2-1]');
  const packet: ConnackPacket = { type: 'connack', sessionPresent: flags === 1, reasonCode: source.uint8() };
  const known = version === 5 ? permitsReasonCode('connack', packet.reasonCode) : packet.reasonCode <= 5;
  if (!known) protocolError(`CONNACK has the unknown code ${packet.reasonCode} [MQTT-3.2.2-8]`);
  if (packet.sessionPresent && packet.reasonCode !== 0) {
    protocolError('CONNACK refuses and yet has a session [MQTT-3.2.2-6]');
  }
  if (version === 5) readProperties(source, packet, PROPERTIES);
  source.expectEnd();
  return packet;
}

export function writeConnack(sink: ByteSink, packet: ConnackPacket, version: ProtocolVersion): void {
  sink.uint8(packet.sessionPresent ? 1 : 0);
  sink.uint8(packet.reasonCode);
  if (version === 5) writeProperties(sink, packet, PROPERTIES);
}
