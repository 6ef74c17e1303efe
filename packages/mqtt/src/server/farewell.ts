import type { ConnackPacket } from '../codec/connack.ts';
import type { DisconnectPacket } from '../codec/disconnect.ts';
import type { ProtocolVersion } from '../codec/packet.ts';
import type { PacketWriter } from '../codec/writer.ts';
import { returnCodeOf } from '../reason-codes.ts';

/** Writes the CONNACK that refuses. */
export function writeRefusal(
  writer: PacketWriter,
  version: ProtocolVersion,
  reasonCode: number,
  reason?: string,
): void {
  const base = { type: 'connack', sessionPresent: false } as const;
  if (version === 4) writer.write({ ...base, reasonCode: returnCodeOf(reasonCode) }, 4);
  else writeWithin(writer, { ...base, reasonCode, ...(reason !== undefined && { reason }) });
}

/** Writes the DISCONNECT of a server, which MQTT 5 alone has. */
export function writeDisconnect(writer: PacketWriter, reasonCode: number, reason?: string): void {
  writeWithin(writer, { type: 'disconnect', reasonCode, ...(reason !== undefined && { reason }) });
}

/** Writes the last packet: if the client does not take one so large without its reason, or not at all [MQTT-3.14.2-3]. */
function writeWithin(writer: PacketWriter, packet: ConnackPacket | DisconnectPacket): void {
  if (writer.write(packet, 5)) return;
  const { reason: _, ...bare } = packet;
  writer.write(bare, 5);
}
