import { bytes, connect, packet, prefixed, propertiesOf, publish, subscribe, u16 } from './mqtt-bytes.ts';
import { type MqttCase, mqttCases } from './mqtt-case.ts';
import { mallory, marker, victim } from './stage.ts';

const malformed = { disconnect: 0x81 };
const protocolError = { disconnect: 0x82 };
const tooLarge = { disconnect: 0x95 };

const topic = `skein/v1/${mallory}/out/message`;
const inbox = `skein/v1/${mallory}/in/#`;
const payload = new TextEncoder().encode(marker);

/** Publishes of QoS 2, which is unanswered for as long as its PUBREL does not come. */
const unanswered = (count: number, version: 4 | 5) =>
  bytes(
    ...Array.from({ length: count }, (_, id) =>
      publish({ version, topic, payload, first: 0x34, packetId: id + 1 }),
    ),
  );

const packets: MqttCase[] = [
  {
    name: 'a second CONNECT',
    says: (version) => connect({ version, user: mallory, token: 'x' }),
    gets: protocolError,
  },
  { name: 'a CONNACK', says: () => packet(0x20, 0, 0, 0), gets: protocolError },
  { name: 'packet type 0', says: () => packet(0x00), gets: malformed },
  { name: 'packet type 15', says: () => packet(0xf0, 0x18, 0), gets: protocolError, gets4: 'closed' },
  {
    name: 'wrong flags on SUBSCRIBE',
    says: (version) => bytes(0x80, subscribe(version, inbox).subarray(1)),
    gets: malformed,
  },
  { name: 'wrong flags on PINGREQ', says: () => packet(0xc1), gets: malformed },
  {
    name: 'SUBSCRIBE with packet id 0',
    says: (version) => packet(0x82, u16(0), propertiesOf(version), prefixed('a'), 0),
    gets: protocolError,
  },
  {
    name: 'SUBSCRIBE to nothing',
    says: (version) => packet(0x82, u16(1), propertiesOf(version)),
    gets: protocolError,
  },
  {
    name: 'a wildcard within a level',
    says: (version) => subscribe(version, 'skein/v1/a#'),
    gets: { disconnect: 0x8f },
  },
  {
    name: 'a shared subscription',
    says: (version) => subscribe(version, `$share/g/skein/v1/${victim}/in/#`),
    gets: { disconnect: 0x9e },
    gets4: { suback: 0x80 },
  },
  {
    name: 'a subscription identifier',
    says: (version) => subscribe(version, inbox, bytes(0x0b, 1)),
    gets: { disconnect: 0xa1 },
    only: 5,
  },
  { name: 'PUBREL for nothing', says: () => packet(0x62, u16(7)), gets: 'goes on' },
  { name: 'PUBACK for nothing', says: () => packet(0x40, u16(77)), gets: 'goes on' },
  { name: 'PUBREC for nothing', says: () => packet(0x50, u16(77)), gets: 'goes on' },
  {
    name: 'a DISCONNECT that keeps what CONNECT did not',
    says: () => packet(0xe0, 0, 5, 0x11, 0, 0, 1, 0),
    gets: protocolError,
    only: 5,
  },
];

const publishes: MqttCase[] = [
  { name: 'QoS 3', says: (version) => publish({ version, topic, payload, first: 0x36 }), gets: malformed },
  {
    name: 'DUP with QoS 0',
    says: (version) => publish({ version, topic, payload, first: 0x38, packetId: -1 }),
    gets: malformed,
  },
  {
    name: 'packet id 0',
    says: (version) => publish({ version, topic, payload, packetId: 0 }),
    gets: protocolError,
  },
  {
    name: 'a wildcard',
    says: (version) => publish({ version, topic: 'skein/v1/+/in/message', payload }),
    gets: { disconnect: 0x90 },
  },
  {
    name: 'no topic',
    says: (version) => publish({ version, topic: '', payload }),
    gets: { disconnect: 0x90 },
  },
  {
    name: 'a topic not in UTF-8',
    says: (version) => publish({ version, topic: bytes([0xff, 0xfe]), payload }),
    gets: malformed,
  },
  { name: 'a topic longer than the packet', says: () => bytes([0x30, 4, 0xff, 0xff, 1, 2]), gets: malformed },
  {
    name: 'retain',
    says: (version) => publish({ version, topic, payload, first: 0x33 }),
    gets: { disconnect: 0x9a },
    only: 5,
  },
  {
    name: 'a topic alias that was not granted',
    says: (version) => publish({ version, topic, payload, properties: bytes(0x23, u16(1)) }),
    gets: { disconnect: 0x94 },
    only: 5,
  },
  {
    name: 'a property twice in PUBLISH',
    says: (version) => publish({ version, topic, payload, properties: bytes(1, 1, 1, 1) }),
    gets: protocolError,
    only: 5,
  },
  {
    name: 'properties longer than the packet',
    says: () => packet(0x32, prefixed(topic), u16(1), 0xff, 0x7f),
    gets: malformed,
    only: 5,
  },
  {
    name: 'more than 256 KiB',
    says: (version) => publish({ version, topic, payload: new Uint8Array(300_000) }),
    gets: tooLarge,
  },
  { name: 'a claim of 256 MB, connected', says: () => bytes([0x30, 255, 255, 255, 127]), gets: tooLarge },
  {
    name: 'Receive Maximum passed',
    says: (version) => unanswered(65, version),
    gets: { disconnect: 0x93 },
    only: 5,
  },
];

/** Breaches of MQTT by a client that was let in. */
export const mqttBreaches = mqttCases([...packets, ...publishes]);
