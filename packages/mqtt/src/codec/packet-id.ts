import { protocolError } from '../error.ts';
import type { ByteSource } from './byte-source.ts';

/** A packet identifier, which is never 0 [MQTT-2.2.1-3]. */
export function readPacketId(source: ByteSource): number {
  const packetId = source.uint16();
  if (packetId === 0) protocolError('the packet identifier is 0 [MQTT-2.2.1-3]');
  return packetId;
}
