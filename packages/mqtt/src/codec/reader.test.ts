import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MqttError, type MqttErrorCode } from '../error.ts';
import { packetReadBy } from './packet.arbitrary.ts';
import type { Packet, ProtocolVersion, Role } from './packet.ts';
import { PacketReader, type PacketReaderOptions } from './reader.ts';
import { PacketWriter } from './writer.ts';

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
}

function readAll(reader: PacketReader): Packet[] {
  const packets: Packet[] = [];
  for (let packet = reader.next(); packet !== undefined; packet = reader.next()) packets.push(packet);
  return packets;
}

function reader(options: Partial<PacketReaderOptions> = {}): PacketReader {
  return new PacketReader({ role: 'server', maxPacketSize: 262_144, ...options });
}

function failure(bytes: Uint8Array, options: Partial<PacketReaderOptions>): MqttErrorCode | undefined {
  const subject = reader(options);
  subject.push(bytes);
  try {
    readAll(subject);
    return undefined;
  } catch (error) {
    if (error instanceof MqttError) return error.code;
    throw error;
  }
}

describe('chunks', () => {
  const stream = fc
    .tuple(fc.constantFrom<ProtocolVersion>(4, 5), fc.constantFrom<Role>('client', 'server'))
    .chain(([version, role]) =>
      fc.record({
        version: fc.constant(version),
        role: fc.constant(role),
        packets: fc.array(packetReadBy(role, version), { minLength: 1, maxLength: 12 }),
      }),
    );

  function bytesOf(packets: readonly Packet[], version: ProtocolVersion): Uint8Array {
    const writer = new PacketWriter();
    for (const packet of packets) writer.write(packet, version);
    return writer.take()!;
  }

  test('a stream cut anywhere gives the same packets', () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.nat(200), { minLength: 1 }),
        fc.boolean(),
        ({ version, role, packets }, cuts, late) => {
          const subject = reader({ role, version });
          const bytes = bytesOf(packets, version);
          const got: Packet[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const end = Math.min(bytes.length, at + (cuts[i % cuts.length]! || 1));
            // A chunk of its own, so that nothing can depend on its neighbours in memory.
            subject.push(bytes.slice(at, end));
            at = end;
            if (!late) got.push(...readAll(subject));
          }
          got.push(...readAll(subject));
          expect(got).toEqual(packets);
          expect(subject.buffered).toBe(0);
        },
      ),
    );
  });

  test('a stream byte by byte gives the same packets', () => {
    fc.assert(
      fc.property(stream, ({ version, role, packets }) => {
        const subject = reader({ role, version });
        const got: Packet[] = [];
        for (const byte of bytesOf(packets, version)) {
          subject.push(Uint8Array.of(byte));
          got.push(...readAll(subject));
        }
        expect(got).toEqual(packets);
      }),
    );
  });

  test('a payload that lies whole in a chunk is not copied', () => {
    const writer = new PacketWriter();
    writer.publish('a/b', new Uint8Array(1_000), 0, 0, false, 4);
    const chunk = writer.take()!;
    const subject = reader({ version: 4 });
    subject.push(chunk);
    const packet = subject.next();
    expect(packet?.type === 'publish' && packet.payload.buffer).toBe(chunk.buffer);
  });

  test('a payload keeps its bytes while later packets come in', () => {
    const writer = new PacketWriter();
    for (let i = 0; i < 50; i++) writer.publish('a', new Uint8Array(100).fill(i), 0, 0, false, 4);
    const bytes = writer.take()!;
    const subject = reader({ version: 4 });
    const got: Packet[] = [];
    for (let at = 0; at < bytes.length; at += 37) {
      subject.push(bytes.slice(at, at + 37));
      got.push(...readAll(subject));
    }
    expect(got.map((packet) => packet.type === 'publish' && [...new Set(packet.payload)])).toEqual(
      Array.from({ length: 50 }, (_, i) => [i]),
    );
  });

  test('a claimed length takes no memory, and over the limit it fails from the fixed header', () => {
    const subject = reader({ version: 4, maxPacketSize: 1_000 });
    subject.push(hex('30 e3 07'));
    expect(subject.next()).toBeUndefined();
    expect(subject.buffered).toBe(3);
    expect(failure(hex('30 e6 07'), { version: 4, maxPacketSize: 1_000 })).toBe('packet-too-large');
    expect(failure(hex('30 ff ff ff 7f'), { version: 4 })).toBe('packet-too-large');
  });

  test('a large packet byte by byte takes time in proportion to its size', () => {
    const writer = new PacketWriter();
    writer.publish('a', new Uint8Array(250_000).fill(7), 0, 0, false, 4);
    const subject = reader({ version: 4 });
    let packet: Packet | undefined;
    // Copying all that has come with each byte would be 31 gigabytes, and the test would time out.
    for (const byte of writer.take()!) {
      subject.push(Uint8Array.of(byte));
      packet = subject.next();
    }
    expect(packet?.type === 'publish' && packet.payload.length).toBe(250_000);
  });

  test('after an error the reader gives nothing but that error', () => {
    const subject = reader({ version: 4 });
    subject.push(hex('00 00 c0 00'));
    expect(() => subject.next()).toThrow(MqttError);
    subject.push(hex('c0 00'));
    expect(() => subject.next()).toThrow('packet type 0');
  });
});

/** What is wrong, in which version, as whom it is read, the bytes, and the error. */
const BAD: readonly (readonly [
  what: string,
  version: ProtocolVersion | undefined,
  role: Role,
  bytes: string,
  MqttErrorCode,
])[] = [
  ['packet type 0 (2.1.2)', 4, 'server', '00 00', 'malformed-packet'],
  ['a first packet that is not CONNECT [MQTT-3.1.0-1]', undefined, 'server', 'c0 00', 'protocol-error'],
  ['an HTTP request', undefined, 'server', '47', 'malformed-packet'],
  ['a Remaining Length of five bytes (2.1.4)', 4, 'server', '30 ff ff ff ff 01', 'malformed-packet'],
  [
    'a Remaining Length longer than it needs to be [MQTT-1.5.5-1]',
    4,
    'server',
    'c0 80 00',
    'malformed-packet',
  ],
  ['flags on PINGREQ [MQTT-2.1.3-1]', 4, 'server', 'c1 00', 'malformed-packet'],
  ['PUBREL without its flags [MQTT-3.6.1-1]', 4, 'server', '60 02 00 01', 'malformed-packet'],
  ['SUBSCRIBE without its flags [MQTT-3.8.1-1]', 4, 'server', '80 06 00 01 00 01 61 00', 'malformed-packet'],
  ['a CONNACK from a client', 4, 'server', '20 02 00 00', 'protocol-error'],
  ['a SUBSCRIBE from a server', 4, 'client', '82 06 00 01 00 01 61 00', 'protocol-error'],
  ['AUTH in 3.1.1', 4, 'server', 'f0 00', 'malformed-packet'],
  ['a body in PINGREQ', 4, 'server', 'c0 01 00', 'malformed-packet'],
  // CONNECT
  [
    'a foreign protocol name [MQTT-3.1.2-1]',
    undefined,
    'server',
    '10 0c 00 04 48 54 54 50 04 02 00 00 00 00',
    'protocol-error',
  ],
  [
    'a protocol level of 3 [MQTT-3.1.2-2]',
    undefined,
    'server',
    '10 0e 00 06 4d 51 49 73 64 70 03 02 00 00 00 00',
    'unsupported-version',
  ],
  [
    'a protocol level of 6 [MQTT-3.1.2-2]',
    undefined,
    'server',
    '10 0c 00 04 4d 51 54 54 06 02 00 00 00 00',
    'unsupported-version',
  ],
  [
    'the reserved flag [MQTT-3.1.2-3]',
    undefined,
    'server',
    '10 0c 00 04 4d 51 54 54 04 03 00 00 00 00',
    'malformed-packet',
  ],
  [
    'will QoS without will [MQTT-3.1.2-11]',
    undefined,
    'server',
    '10 0c 00 04 4d 51 54 54 04 0a 00 00 00 00',
    'malformed-packet',
  ],
  [
    'will retain without will [MQTT-3.1.2-13]',
    undefined,
    'server',
    '10 0c 00 04 4d 51 54 54 04 22 00 00 00 00',
    'malformed-packet',
  ],
  [
    'will QoS 3 [MQTT-3.1.2-12]',
    undefined,
    'server',
    '10 12 00 04 4d 51 54 54 04 1e 00 00 00 00 00 01 61 00 01 62',
    'malformed-packet',
  ],
  [
    'a password without user name in 3.1.1',
    undefined,
    'server',
    '10 0f 00 04 4d 51 54 54 04 42 00 00 00 00 00 01 61',
    'malformed-packet',
  ],
  [
    'bytes after CONNECT’s payload',
    undefined,
    'server',
    '10 0d 00 04 4d 51 54 54 04 02 00 00 00 00 00',
    'malformed-packet',
  ],
  [
    'a will topic with wildcards',
    undefined,
    'server',
    '10 12 00 04 4d 51 54 54 04 06 00 00 00 00 00 01 23 00 01 62',
    'topic-name-invalid',
  ],
  // PUBLISH
  ['QoS 3 [MQTT-3.3.1-4]', 4, 'server', '36 05 00 01 61 00 01', 'malformed-packet'],
  ['DUP with QoS 0 [MQTT-3.3.1-2]', 4, 'server', '38 03 00 01 61', 'malformed-packet'],
  ['# in a topic [MQTT-3.3.2-2]', 4, 'server', '30 05 00 03 61 2f 23', 'topic-name-invalid'],
  ['+ in a topic [MQTT-3.3.2-2]', 4, 'server', '30 05 00 03 2b 2f 61', 'topic-name-invalid'],
  ['an empty topic in 3.1.1 [MQTT-4.7.3-1]', 4, 'server', '30 02 00 00', 'topic-name-invalid'],
  ['neither topic nor alias (3.3.2.1)', 5, 'server', '30 03 00 00 00', 'topic-name-invalid'],
  ['packet id 0 [MQTT-2.2.1-3]', 4, 'server', '32 05 00 01 61 00 00', 'protocol-error'],
  ['no packet id', 4, 'server', '32 03 00 01 61', 'malformed-packet'],
  ['a topic longer than the packet', 4, 'server', '30 03 00 09 61', 'malformed-packet'],
  ['U+0000 in a topic [MQTT-1.5.4-2]', 4, 'server', '30 05 00 03 61 00 62', 'malformed-packet'],
  ['a surrogate in a topic [MQTT-1.5.4-1]', 4, 'server', '30 05 00 03 ed a0 80', 'malformed-packet'],
  ['an overlong UTF-8 form', 4, 'server', '30 04 00 02 c0 af', 'malformed-packet'],
  ['a UTF-8 character cut short', 4, 'server', '30 04 00 02 e6 bc', 'malformed-packet'],
  ['no property length', 5, 'server', '30 03 00 01 61', 'malformed-packet'],
  ['properties past the packet', 5, 'server', '30 04 00 01 61 09', 'malformed-packet'],
  ['a property value past the properties', 5, 'server', '30 08 00 01 61 02 02 00 00 00', 'malformed-packet'],
  ['a property length of five bytes', 5, 'server', '30 08 00 01 61 ff ff ff ff 01', 'malformed-packet'],
  ['an unknown property', 5, 'server', '30 06 00 01 61 02 7f 00', 'malformed-packet'],
  ['a property of another packet', 5, 'server', '30 07 00 01 61 03 21 00 05', 'protocol-error'],
  ['a property twice', 5, 'server', '30 08 00 01 61 04 01 00 01 00', 'protocol-error'],
  ['a flag property of 2', 5, 'server', '30 06 00 01 61 02 01 02', 'protocol-error'],
  ['topic alias 0 [MQTT-3.3.2-8]', 5, 'server', '30 07 00 01 61 03 23 00 00', 'topic-alias-invalid'],
  [
    'a subscription identifier from a client [MQTT-3.3.4-6]',
    5,
    'server',
    '30 06 00 01 61 02 0b 01',
    'protocol-error',
  ],
  ['a subscription identifier of 0', 5, 'client', '30 06 00 01 61 02 0b 00', 'protocol-error'],
  [
    'wildcards in a response topic [MQTT-3.3.2-14]',
    5,
    'server',
    '30 08 00 01 61 04 08 00 01 23',
    'topic-name-invalid',
  ],
  // Acknowledgements
  ['PUBACK for packet id 0', 4, 'server', '40 02 00 00', 'protocol-error'],
  [
    'a PUBACK of ten bytes without the dialect',
    4,
    'client',
    '40 0a 00 01 00 00 00 00 00 00 00 05',
    'malformed-packet',
  ],
  ['a PUBACK with an unknown reason code [MQTT-3.4.2-1]', 5, 'server', '40 03 00 01 55', 'protocol-error'],
  ['bytes after PUBACK’s properties', 5, 'server', '40 05 00 01 00 00 00', 'malformed-packet'],
  // SUBSCRIBE, UNSUBSCRIBE
  ['a SUBSCRIBE for nothing [MQTT-3.8.3-2]', 4, 'server', '82 02 00 01', 'protocol-error'],
  ['QoS 3 asked for', 4, 'server', '82 06 00 01 00 01 61 03', 'malformed-packet'],
  ['reserved bits of a subscription in 3.1.1', 4, 'server', '82 06 00 01 00 01 61 04', 'malformed-packet'],
  [
    'reserved bits of a subscription [MQTT-3.8.3-5]',
    5,
    'server',
    '82 07 00 01 00 00 01 61 40',
    'malformed-packet',
  ],
  ['Retain Handling 3', 5, 'server', '82 07 00 01 00 00 01 61 30', 'protocol-error'],
  [
    'No Local on a shared subscription [MQTT-3.8.3-4]',
    5,
    'server',
    '82 10 00 01 00 00 0a 24 73 68 61 72 65 2f 67 2f 61 04',
    'protocol-error',
  ],
  [
    'a shared subscription without filter [MQTT-4.8.2-2]',
    5,
    'server',
    '82 0e 00 01 00 00 08 24 73 68 61 72 65 2f 67 00',
    'topic-filter-invalid',
  ],
  ['an empty filter [MQTT-4.7.3-1]', 4, 'server', '82 05 00 01 00 00 00', 'topic-filter-invalid'],
  [
    '# before the end of a filter [MQTT-4.7.1-1]',
    4,
    'server',
    '82 08 00 01 00 03 23 2f 61 00',
    'topic-filter-invalid',
  ],
  ['+ in part of a level [MQTT-4.7.1-2]', 4, 'server', '82 07 00 01 00 02 61 2b 00', 'topic-filter-invalid'],
  ['two subscription identifiers', 5, 'server', '82 0b 00 01 04 0b 01 0b 02 00 01 61 00', 'protocol-error'],
  ['an UNSUBSCRIBE for nothing [MQTT-3.10.3-2]', 4, 'server', 'a2 02 00 01', 'protocol-error'],
  // From a server
  ['reserved flags of CONNACK [MQTT-3.2.2-1]', 4, 'client', '20 02 02 00', 'malformed-packet'],
  ['a session with a refusal [MQTT-3.2.2-6]', 5, 'client', '20 03 01 87 00', 'protocol-error'],
  ['a return code of 6', 4, 'client', '20 02 00 06', 'protocol-error'],
  ['Receive Maximum 0 (3.1.2.11.3)', 5, 'client', '20 06 00 00 03 21 00 00', 'protocol-error'],
  ['Maximum QoS 2 (3.2.2.3.4)', 5, 'client', '20 05 00 00 02 24 02', 'protocol-error'],
  ['a SUBACK for nothing', 4, 'client', '90 02 00 01', 'protocol-error'],
  ['DISCONNECT from a server of 3.1.1', 4, 'client', 'e0 00', 'protocol-error'],
  [
    'a session expiry from a server [MQTT-3.14.2-2]',
    5,
    'client',
    'e0 07 00 05 11 00 00 00 01',
    'protocol-error',
  ],
  ['authentication data without method', 5, 'server', 'f0 06 18 04 16 00 01 61', 'protocol-error'],
];

test.each(BAD)('refused: %s', (_, version, role, bytes, code) => {
  expect(failure(hex(bytes), { role, ...(version !== undefined && { version }) })).toBe(code);
});

test('the 64-bit dialect takes a PUBACK of 2, 8 and 10 bytes, and no other', () => {
  const options = { role: 'client', version: 4, puback64: true } as const;
  const subject = reader(options);
  subject.push(hex('40 02 00 07  40 08 01 23 45 67 89 ab cd ef  40 0a 00 07 ff ff ff ff ff ff ff ff'));
  expect(readAll(subject)).toEqual([
    { type: 'puback', packetId: 7, reasonCode: 0 },
    { type: 'puback', packetId: 0, reasonCode: 0, messageId: 0x0123_4567_89ab_cdefn },
    { type: 'puback', packetId: 7, reasonCode: 0, messageId: 0xffff_ffff_ffff_ffffn },
  ]);
  expect(failure(hex('40 03 00 07 00'), options)).toBe('malformed-packet');
});

test('a string may hold U+FEFF, also at its beginning [MQTT-1.5.4-3]', () => {
  const subject = reader({ version: 4 });
  subject.push(hex('30 05 00 03 ef bb bf'));
  expect(subject.next()).toMatchObject({ topic: '\ufeff' });
});

test('topics that fall on the same place of the cache are told apart', () => {
  const writer = new PacketWriter();
  const topics = Array.from({ length: 500 }, (_, i) => `t/${i % 250}/${'x'.repeat(i % 7)}end`);
  for (const topic of topics) writer.publish(topic, new Uint8Array(0), 0, 0, false, 4);
  const subject = reader({ version: 4 });
  subject.push(writer.take()!);
  expect(readAll(subject).map((packet) => packet.type === 'publish' && packet.topic)).toEqual(topics);
});
