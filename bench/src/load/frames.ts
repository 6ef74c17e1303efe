/** The few MQTT frames that a generator sends, built once; only packet ids are patched in afterwards. */
import { varint } from './varint.ts';

/** 4 is MQTT 3.1.1. */
export type ProtocolVersion = 4 | 5;

export const PACKET = { connack: 2, publish: 3, puback: 4, suback: 9, pingresp: 13, disconnect: 14 } as const;

export const PINGREQ = Uint8Array.of(0xc0, 0);
export const PUBACK_BYTES = 4;

/** The longest keep-alive that every side agrees to; the generator pings far more often. */
const KEEP_ALIVE_S = 300;
const NO_PROPERTIES = [0];

export interface Login {
  clientId: string;
  userName?: string;
  password?: string;
}

/** CONNECT with a clean session. */
export function connectFrame(version: ProtocolVersion, login: Login): Uint8Array {
  const cleanStart = 0x02;
  const flags =
    cleanStart | (login.userName === undefined ? 0 : 0x80) | (login.password === undefined ? 0 : 0x40);
  return frame(0x10, [
    ...text('MQTT'),
    version,
    flags,
    ...uint16(KEEP_ALIVE_S),
    ...(version === 5 ? NO_PROPERTIES : []),
    ...text(login.clientId),
    ...(login.userName === undefined ? [] : text(login.userName)),
    ...(login.password === undefined ? [] : text(login.password)),
  ]);
}

/** SUBSCRIBE to one filter at QoS 1. */
export function subscribeFrame(version: ProtocolVersion, packetId: number, filter: string): Uint8Array {
  return frame(0x82, [...uint16(packetId), ...(version === 5 ? NO_PROPERTIES : []), ...text(filter), 1]);
}

export interface PublishTemplate {
  bytes: Uint8Array;
  packetIdAt: number;
  payloadAt: number;
}

/** PUBLISH at QoS 1 with packet id 0, to be patched. */
export function publishTemplate(
  version: ProtocolVersion,
  topic: string,
  payload: Uint8Array,
): PublishTemplate {
  const properties = version === 5 ? NO_PROPERTIES : [];
  const bytes = frame(0x32, [...text(topic), 0, 0, ...properties, ...payload]);
  const payloadAt = bytes.length - payload.length;
  return { bytes, packetIdAt: payloadAt - properties.length - 2, payloadAt };
}

function frame(type: number, body: number[]): Uint8Array {
  return Uint8Array.from([type, ...varint(body.length), ...body]);
}

function text(value: string): number[] {
  const bytes = Buffer.from(value);
  return [...uint16(bytes.length), ...bytes];
}

function uint16(value: number): number[] {
  return [value >> 8, value & 255];
}
