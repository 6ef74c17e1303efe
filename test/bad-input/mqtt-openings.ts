import { bytes, connect, packet, pingreq, prefixed, propertiesOf, publish, u16 } from './mqtt-bytes.ts';
import { type MqttCase, mqttCases } from './mqtt-case.ts';
import { mallory, marker, victim } from './stage.ts';

const notAuthorized = 0x87;
const own = `skein/v1/${mallory}/out/message`;

/** What is not MQTT at all, and is told so by the end of the line. */
const strangers: MqttCase[] = [
  { name: 'the first packet is PINGREQ', opens: () => pingreq, gets: 'closed' },
  {
    name: 'the first packet is PUBLISH',
    opens: (version) => publish({ version, topic: own }),
    gets: 'closed',
  },
  { name: 'HTTP', opens: () => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), gets: 'closed', only: 5 },
  { name: 'TLS', opens: () => bytes([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), gets: 'closed', only: 5 },
  {
    name: 'a length of five bytes',
    opens: () => bytes([0x10, 128, 128, 128, 128, 1]),
    gets: 'closed',
    only: 5,
  },
  { name: 'a length longer than needed', opens: () => bytes([0x10, 0x80, 0]), gets: 'closed', only: 5 },
  { name: 'a claim of 256 MB', opens: () => bytes([0x10, 255, 255, 255, 127]), gets: 'closed', only: 5 },
];

/** A CONNECT that breaks the rules of its format. */
const malformed: MqttCase[] = [
  {
    name: 'more than 16 KiB',
    opens: (_, as) => connect({ ...as, clientId: 'x'.repeat(17_000) }),
    gets: 'closed',
  },
  {
    name: 'flags in the fixed header',
    opens: (_, as) => bytes(0x11, connect(as).subarray(1)),
    gets: 'closed',
  },
  { name: 'the reserved connect flag', opens: (_, as) => connect({ ...as, flags: 0xc3 }), gets: 'closed' },
  { name: 'another protocol name', opens: (_, as) => connect({ ...as, protocol: 'MQTX' }), gets: 'closed' },
  { name: 'a will of QoS 3', opens: (_, as) => connect({ ...as, flags: 0xde }), gets: 'closed' },
  {
    name: 'a client id not in UTF-8',
    opens: (_, as) => connect({ ...as, clientId: bytes([0xc3, 0x28]) }),
    gets: 'closed',
  },
  { name: 'a client id with NUL', opens: (_, as) => connect({ ...as, clientId: 'a\0b' }), gets: 'closed' },
  {
    name: 'half a surrogate pair',
    opens: (_, as) => connect({ ...as, clientId: bytes([0xed, 0xa0, 0x80]) }),
    gets: 'closed',
  },
  {
    name: 'bytes behind the end',
    opens: (_, as) => packet(0x10, connect(as).subarray(connect(as).length > 129 ? 3 : 2), 1, 2),
    gets: 'closed',
  },
  {
    name: 'a password without a user name',
    opens: (_, as) => connect({ ...as, flags: 0x42 }),
    gets: 'closed',
    only: 4,
  },
  {
    name: 'Receive Maximum 0',
    opens: (_, as) => connect({ ...as, properties: bytes(0x21, u16(0)) }),
    gets: 'closed',
    only: 5,
  },
  {
    name: 'a property twice',
    opens: (_, as) => connect({ ...as, properties: bytes(0x21, u16(9), 0x21, u16(9)) }),
    gets: 'closed',
    only: 5,
  },
  {
    name: 'a property of PUBLISH',
    opens: (_, as) => connect({ ...as, properties: bytes(0x23, u16(1)) }),
    gets: 'closed',
    only: 5,
  },
  {
    name: 'an unknown property',
    opens: (_, as) => connect({ ...as, properties: bytes(0x7e, 1) }),
    gets: 'closed',
    only: 5,
  },
];

/** A CONNECT that is understood and not wanted. */
const unwelcome: MqttCase[] = [
  {
    name: 'an unknown protocol level',
    opens: (_, as) => connect({ ...as, level: 9 }),
    gets: { connack: 1 },
    only: 4,
  },
  {
    name: 'a client id of 300 characters',
    opens: (_, as) => connect({ ...as, clientId: 'x'.repeat(300) }),
    gets: { connack: 0x85 },
    gets4: { connack: 2 },
  },
  {
    name: 'extended authentication',
    opens: (_, as) => connect({ ...as, properties: bytes(0x15, prefixed('SCRAM')) }),
    gets: { connack: 0x8c },
    only: 5,
  },
  {
    name: 'a will for somebody else',
    opens: (version, as) =>
      connect({
        ...as,
        flags: 0xc6,
        will: bytes(propertiesOf(version), prefixed(`skein/v1/${victim}/in/message`), prefixed(marker)),
      }),
    gets: { connack: notAuthorized },
    gets4: { connack: 5 },
  },
  {
    name: 'a retained will',
    opens: (_, as) => connect({ ...as, flags: 0xe6, will: bytes(0, prefixed(own), prefixed(marker)) }),
    gets: { connack: 0x9a },
    only: 5,
  },
  {
    name: 'no credentials',
    opens: (version) =>
      packet(0x10, prefixed('MQTT'), version, 2, u16(0), propertiesOf(version), prefixed('raw')),
    gets: { connack: notAuthorized },
    gets4: { connack: 5 },
  },
];

export const mqttOpenings = mqttCases([...strangers, ...malformed, ...unwelcome]);
