import type { PacketType, Role } from './packet.ts';

/** What the first byte of each packet says (2.1), in the order of the packet types; 0 is reserved. */
export interface FixedHeader {
  readonly type: PacketType;
  /** The flags every packet of this type has [MQTT-2.1.3-1]; PUBLISH has its own. */
  readonly flags: number | undefined;
  /** Who reads it; undefined: both. */
  readonly readBy?: Role | undefined;
  /** Only in MQTT 5. */
  readonly since5?: true;
}

export const FIXED_HEADERS: readonly (FixedHeader | undefined)[] = [
  undefined,
  { type: 'connect', flags: 0, readBy: 'server' },
  { type: 'connack', flags: 0, readBy: 'client' },
  { type: 'publish', flags: undefined },
  { type: 'puback', flags: 0 },
  { type: 'pubrec', flags: 0 },
  { type: 'pubrel', flags: 2 },
  { type: 'pubcomp', flags: 0 },
  { type: 'subscribe', flags: 2, readBy: 'server' },
  { type: 'suback', flags: 0, readBy: 'client' },
  { type: 'unsubscribe', flags: 2, readBy: 'server' },
  { type: 'unsuback', flags: 0, readBy: 'client' },
  { type: 'pingreq', flags: 0, readBy: 'server' },
  { type: 'pingresp', flags: 0, readBy: 'client' },
  { type: 'disconnect', flags: 0 },
  { type: 'auth', flags: 0, since5: true },
];

/** The first byte of a packet of this type; for PUBLISH without its flags. */
export const FIRST_BYTES = Object.fromEntries(
  FIXED_HEADERS.flatMap((header, i) => (header ? [[header.type, (i << 4) | (header.flags ?? 0)]] : [])),
) as Record<PacketType, number>;
