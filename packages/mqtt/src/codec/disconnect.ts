import { protocolError } from '../error.ts';
import { permitsReasonCode } from '../reason-codes.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import type { ProtocolVersion, Role } from './packet.ts';
import {
  hasProperties,
  type Properties,
  propertySet,
  readProperties,
  writeProperties,
} from './properties.ts';

const DISCONNECT_PROPERTIES = ['sessionExpiryS', 'reason', 'userProperties', 'serverReference'] as const;

/** The last packet of either side (3.14). In 3.1.1 only the client has it. */
export interface DisconnectPacket extends Pick<Properties, (typeof DISCONNECT_PROPERTIES)[number]> {
  readonly type: 'disconnect';
  readonly reasonCode: number;
}

const PROPERTIES = propertySet('DISCONNECT', DISCONNECT_PROPERTIES);
const FROM_CLIENT = propertySet('DISCONNECT of a client', ['sessionExpiryS', 'reason', 'userProperties']);
// The server must not send Session Expiry Interval [MQTT-3.14.2-2].
const FROM_SERVER = propertySet('DISCONNECT of a server', ['reason', 'userProperties', 'serverReference']);

export function readDisconnect(source: ByteSource, version: ProtocolVersion, role: Role): DisconnectPacket {
  if (version === 4) {
    if (role === 'client') protocolError('a server of 3.1.1 sends DISCONNECT (3.14 there)');
    source.expectEnd();
    return { type: 'disconnect', reasonCode: 0 };
  }
  if (source.pos === source.end) return { type: 'disconnect', reasonCode: 0 };
  const packet: DisconnectPacket = { type: 'disconnect', reasonCode: source.uint8() };
  if (!permitsReasonCode('disconnect', packet.reasonCode)) {
    protocolError(`DISCONNECT has the unknown reason code ${packet.reasonCode} [MQTT-3.14.2-1]`);
  }
  if (source.pos < source.end) readProperties(source, packet, role === 'server' ? FROM_CLIENT : FROM_SERVER);
  source.expectEnd();
  return packet;
}

export function writeDisconnect(sink: ByteSink, packet: DisconnectPacket, version: ProtocolVersion): void {
  if (version === 4) return;
  const properties = hasProperties(packet, PROPERTIES);
  if (packet.reasonCode !== 0 || properties) sink.uint8(packet.reasonCode);
  if (properties) writeProperties(sink, packet, PROPERTIES);
}
