import { protocolError } from '../error.ts';
import { permitsReasonCode } from '../reason-codes.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import { type Properties, propertySet, readProperties, writeProperties } from './properties.ts';

const AUTH_PROPERTIES = ['authenticationMethod', 'authenticationData', 'reason', 'userProperties'] as const;

/** A step of extended authentication, MQTT 5 only (3.15). */
export interface AuthPacket extends Pick<Properties, (typeof AUTH_PROPERTIES)[number]> {
  readonly type: 'auth';
  readonly reasonCode: number;
}

const PROPERTIES = propertySet('AUTH', AUTH_PROPERTIES);

export function readAuth(source: ByteSource): AuthPacket {
  if (source.pos === source.end) return { type: 'auth', reasonCode: 0 };
  const packet: AuthPacket = { type: 'auth', reasonCode: source.uint8() };
  if (!permitsReasonCode('auth', packet.reasonCode)) {
    protocolError(`AUTH has the unknown reason code ${packet.reasonCode} [MQTT-3.15.2-1]`);
  }
  if (source.pos < source.end) readProperties(source, packet, PROPERTIES);
  source.expectEnd();
  return packet;
}

export function writeAuth(sink: ByteSink, packet: AuthPacket): void {
  // The short form (3.15.2.1) is allowed for success, but not every peer reads it.
  sink.uint8(packet.reasonCode);
  writeProperties(sink, packet, PROPERTIES);
}
