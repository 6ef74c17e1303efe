/** The words of MQTT, so that cases can say them wrongly. */

/** A byte, or several. */
export type Part = number | Uint8Array | readonly number[];

const encoder = new TextEncoder();

export function bytes(...parts: Part[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : Uint8Array.from(part))),
  );
}

/** A packet with its right length; `first` is type and flags. */
export function packet(first: number, ...parts: Part[]): Uint8Array {
  const body = bytes(...parts);
  return bytes(first, varint(body.length), body);
}

export function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

/** A number of two bytes: packet identifiers, lengths. */
export function u16(value: number): number[] {
  return [value >>> 8, value & 0xff];
}

/** A string or binary data with its length. */
export function prefixed(value: string | Uint8Array): Uint8Array {
  const content = typeof value === 'string' ? encoder.encode(value) : value;
  return bytes(u16(content.length), content);
}

export interface ConnectWords {
  readonly version: 4 | 5;
  readonly user: string;
  readonly token: string;
  readonly keepAliveS?: number;
  readonly protocol?: string;
  readonly level?: number;
  /** Default: user name, password, clean start. */
  readonly flags?: number;
  readonly properties?: Uint8Array;
  readonly clientId?: string | Uint8Array;
  /** Will properties, topic and payload, where the flags say so. */
  readonly will?: Uint8Array;
}

export function connect(words: ConnectWords): Uint8Array {
  const { version, user, token, keepAliveS = 0, protocol = 'MQTT', level = version, flags = 0xc2 } = words;
  const { properties, clientId = 'raw', will = bytes() } = words;
  return packet(
    0x10,
    prefixed(protocol),
    level,
    flags,
    u16(keepAliveS),
    propertiesOf(version, properties),
    prefixed(clientId),
    will,
    prefixed(user),
    prefixed(token),
  );
}

export interface PublishWords {
  readonly version: 4 | 5;
  readonly topic: string | Uint8Array;
  readonly payload?: Uint8Array;
  /** Default: QoS 1. */
  readonly first?: number;
  /** Default 1; -1: none. */
  readonly packetId?: number;
  readonly properties?: Uint8Array;
}

export function publish(words: PublishWords): Uint8Array {
  const { version, topic, payload = bytes(), first = 0x32, packetId = 1, properties } = words;
  return packet(
    first,
    prefixed(topic),
    packetId < 0 ? bytes() : u16(packetId),
    propertiesOf(version, properties),
    payload,
  );
}

export function subscribe(version: 4 | 5, filter: string, properties?: Uint8Array): Uint8Array {
  return packet(0x82, u16(1), propertiesOf(version, properties), prefixed(filter), 1);
}

/** With their length in MQTT 5; nothing in 3.1.1, which has none. */
export function propertiesOf(version: 4 | 5, properties = bytes()): Uint8Array {
  return version === 5 ? bytes(varint(properties.length), properties) : bytes();
}

export const pingreq = packet(0xc0);
