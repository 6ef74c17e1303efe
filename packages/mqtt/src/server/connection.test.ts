import { describe, expect, test } from 'vitest';
import type { Packet, ProtocolVersion } from '../codec/packet.ts';
import { PacketReader } from '../codec/reader.ts';
import { PacketWriter } from '../codec/writer.ts';
import { serverOptions } from '../link.fixture.ts';
import { ServerConnection } from './connection.ts';
import type { ServerConnectionOptions, ServerEffect } from './surface.ts';

/** A client that says whatever a test wants, and a server that has accepted it. */
class Raw {
  readonly server: ServerConnection;
  readonly #version: ProtocolVersion;
  readonly #writer = new PacketWriter();

  constructor(version: ProtocolVersion, options: Partial<ServerConnectionOptions> = {}) {
    this.#version = version;
    this.server = new ServerConnection({ ...serverOptions, ...options }, 0);
  }

  connect(fields: Partial<Extract<Packet, { type: 'connect' }>> = {}): this {
    this.send({
      type: 'connect',
      version: this.#version,
      clientId: 'c',
      cleanStart: true,
      keepAliveS: 0,
      ...fields,
    });
    return this;
  }

  accept(): this {
    this.server.handle({ type: 'accept', sessionPresent: false }, 0);
    this.effects();
    this.server.takeOutput();
    return this;
  }

  send(...packets: Packet[]): void {
    for (const packet of packets) this.#writer.write(packet, this.#version);
    this.server.handle({ type: 'bytes', chunk: this.#writer.take()! }, 0);
  }

  effects(): ServerEffect[] {
    const effects: ServerEffect[] = [];
    for (let effect = this.server.nextEffect(); effect; effect = this.server.nextEffect())
      effects.push(effect);
    return effects;
  }

  answers(): Packet[] {
    const reader = new PacketReader({ role: 'client', version: this.#version, maxPacketSize: 1_000_000 });
    const output = this.server.takeOutput();
    if (output) reader.push(output);
    const packets: Packet[] = [];
    for (let packet = reader.next(); packet; packet = reader.next()) packets.push(packet);
    return packets;
  }
}

function publish(fields: Partial<Extract<Packet, { type: 'publish' }>> = {}): Packet {
  const payload = Uint8Array.of(1);
  return { type: 'publish', topic: 't', payload, qos: 1, dup: false, retain: false, packetId: 1, ...fields };
}

const subscription = { qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;

describe('MQTT 5: what the server declines closes the connection with the reason code of the standard', () => {
  test.each<[string, Packet, number]>([
    ['RETAIN [MQTT-3.2.2-14]', publish({ retain: true }), 0x9a],
    ['a topic alias that was not allowed [MQTT-3.3.2-9]', publish({ topicAlias: 1 }), 0x94],
    [
      'a shared subscription (3.2.2.3.13)',
      { type: 'subscribe', packetId: 1, subscriptions: [{ ...subscription, filter: '$share/g/t' }] },
      0x9e,
    ],
    [
      'a subscription identifier (3.2.2.3.12)',
      {
        type: 'subscribe',
        packetId: 1,
        subscriptions: [{ ...subscription, filter: 't' }],
        subscriptionIdentifiers: [5],
      },
      0xa1,
    ],
    ['AUTH without a method [MQTT-4.12.0-6]', { type: 'auth', reasonCode: 0x19 }, 0x82],
    [
      'a session expiry that CONNECT did not want (3.14.2.2.2)',
      { type: 'disconnect', reasonCode: 0, sessionExpiryS: 5 },
      0x82,
    ],
  ])('%s', (_, packet, reasonCode) => {
    const raw = new Raw(5).connect().accept();
    raw.send(packet);
    expect(raw.answers()).toMatchObject([{ type: 'disconnect', reasonCode }]);
    expect(raw.effects()).toMatchObject([{ type: 'close', cause: 'protocol', reasonCode }]);
  });

  test('a client that passes the Receive Maximum is disconnected; what it sent before is handed on [MQTT-3.3.4-7]', () => {
    const raw = new Raw(5, { receiveMaximum: 2 }).connect().accept();
    raw.send(publish({ packetId: 1 }), publish({ packetId: 2, qos: 2 }), publish({ packetId: 3 }));
    expect(raw.effects()).toMatchObject([
      { type: 'publish', packet: { packetId: 1 } },
      { type: 'publish', packet: { packetId: 2 } },
      { type: 'close', cause: 'protocol', reasonCode: 0x93 },
    ]);
  });

  test('a topic alias that was never given a topic', () => {
    const raw = new Raw(5, { topicAliasMaximum: 2 }).connect().accept();
    raw.send(
      publish({ topic: 'a', topicAlias: 1, qos: 0, packetId: 0 }),
      publish({ topic: '', topicAlias: 2 }),
    );
    expect(raw.effects()).toMatchObject([{ packet: { topic: 'a' } }, { type: 'close', reasonCode: 0x82 }]);
  });

  test.each([
    ['extended authentication [MQTT-4.12.0-1]', { authenticationMethod: 'SCRAM' }, 0x8c],
    [
      'a retained will [MQTT-3.2.2-13]',
      { will: { topic: 'w', payload: new Uint8Array(0), qos: 0, retain: true } as const },
      0x9a,
    ],
  ])('a CONNECT with %s is refused', (_, fields, reasonCode) => {
    const raw = new Raw(5).connect(fields);
    expect(raw.answers()).toMatchObject([{ type: 'connack', reasonCode }]);
    expect(raw.effects()).toMatchObject([
      { type: 'close', cause: 'protocol', reasonCode, publishWill: false },
    ]);
  });
});

test('MQTT 5: without Request Problem Information an acknowledgement explains nothing [MQTT-3.1.2-29]', () => {
  const raw = new Raw(5).connect({ requestProblemInformation: false }).accept();
  raw.send(publish());
  const settlement = { packetId: 1, reasonCode: 0x87, reason: 'no', userProperties: [['a', 'b']] } as const;
  raw.server.handle({ type: 'acknowledge', ...settlement }, 0);
  expect(raw.answers()).toEqual([{ type: 'puback', packetId: 1, reasonCode: 0x87 }]);
});

test('a client that takes no packet as large as CONNACK is left without one [MQTT-3.1.2-24]', () => {
  const raw = new Raw(5).connect({ maximumPacketSize: 4 });
  raw.effects();
  raw.server.handle({ type: 'accept', sessionPresent: false }, 0);
  expect(raw.server.takeOutput()).toEqual(Uint8Array.of(0xe0, 1, 0x95));
  expect(raw.effects()).toMatchObject([{ type: 'close', reasonCode: 0x95 }]);
});

test('3.1.1: RETAIN is passed over', () => {
  const raw = new Raw(4).connect().accept();
  raw.send(publish({ retain: true }));
  expect(raw.effects()).toMatchObject([{ type: 'publish' }]);
});

test('3.1.1: no client id without Clean Session is refused with 0x02 [MQTT-3.1.3-8]', () => {
  const raw = new Raw(4).connect({ clientId: '', cleanStart: false });
  expect(raw.server.takeOutput()).toEqual(Uint8Array.of(0x20, 2, 0, 2));
  expect(raw.effects()).toMatchObject([{ type: 'close', cause: 'protocol' }]);
});

test('3.1.1: a refused publish of QoS 2 runs through all the same, since PUBREC cannot refuse', () => {
  const raw = new Raw(4).connect().accept();
  raw.send(publish({ qos: 2 }));
  raw.server.handle({ type: 'acknowledge', packetId: 1, reasonCode: 0x87 }, 0);
  raw.send({ type: 'pubrel', packetId: 1, reasonCode: 0 });
  expect(raw.answers().map(({ type }) => type)).toEqual(['pubrec', 'pubcomp']);
});

test('an older protocol level is told 0x01 in a CONNACK of 3.1.1 [MQTT-3.1.2-2]', () => {
  const server = new ServerConnection(serverOptions, 0);
  const name = new TextEncoder().encode('MQIsdp');
  server.handle({ type: 'bytes', chunk: Uint8Array.of(0x10, 15, 0, 6, ...name, 3, 2, 0, 60, 0, 1, 0x61) }, 0);
  expect(server.takeOutput()).toEqual(Uint8Array.of(0x20, 2, 0, 1));
  expect(server.nextEffect()).toMatchObject({ type: 'close', cause: 'protocol', reasonCode: 0x84 });
});

test.each([4, 5] as const)(
  'PUBREL before its PUBREC is a protocol error, protocol level %i (4.3.3)',
  (version) => {
    const raw = new Raw(version).connect().accept();
    raw.send(publish({ qos: 2 }), { type: 'pubrel', packetId: 1, reasonCode: 0 });
    expect(raw.effects()).toMatchObject([{ type: 'publish' }, { type: 'close', reasonCode: 0x82 }]);
  },
);

test('a PUBREL for an unknown packet is answered, with 0x92 in MQTT 5', () => {
  for (const [version, reasonCode] of [
    [4, 0],
    [5, 0x92],
  ] as const) {
    const raw = new Raw(version).connect().accept();
    raw.send({ type: 'pubrel', packetId: 9, reasonCode: 0 });
    expect(raw.answers()).toEqual([{ type: 'pubcomp', packetId: 9, reasonCode }]);
  }
});

test('a CONNECT over its own limit is refused from its first bytes, a publish of that size is not', () => {
  const raw = new Raw(4, { maxConnectSize: 100 });
  raw.connect({ clientId: 'x'.repeat(100) });
  expect(raw.effects()).toMatchObject([{ type: 'close', cause: 'protocol', reasonCode: 0x95 }]);
  const other = new Raw(4, { maxConnectSize: 100 }).connect().accept();
  other.send(publish({ payload: new Uint8Array(1_000) }));
  expect(other.effects()).toMatchObject([{ type: 'publish' }]);
});

test('packet ids go round and pass over those in use', () => {
  const raw = new Raw(4, { receiveMaximum: 65_535 }).connect().accept();
  const deliver = (): void =>
    raw.server.handle({ type: 'deliver', topic: 't', payload: new Uint8Array(0), qos: 1 }, 0);
  deliver();
  for (let packetId = 2; packetId <= 65_535; packetId++) {
    deliver();
    raw.send({ type: 'puback', packetId, reasonCode: 0 });
  }
  deliver();
  expect(raw.server.inflight().map(({ packetId }) => packetId)).toEqual([1, 2]);
});
