import { describe, expect, test } from 'vitest';
import type { Qos } from './codec/packet.ts';
import { Link } from './link.fixture.ts';

const payload = new TextEncoder().encode('hello');

function publish(link: Link, token: unknown, qos: Qos = 1): void {
  link.toClient({ type: 'publish', topic: 'skein/v1/1/out/message', payload, qos, token });
}

function deliver(link: Link, token: unknown, qos: Qos = 1): void {
  link.toServer({ type: 'deliver', topic: 'skein/v1/1/in/message', payload, qos, token });
}

function acknowledge(link: Link, packetId: number, reasonCode = 0): void {
  link.toServer({ type: 'acknowledge', packetId, reasonCode });
}

describe.each([4, 5] as const)('client and server, protocol level %i', (version) => {
  test.each([0, 1, 2] as const)('a publish of QoS %i arrives whole and is acknowledged once', (qos) => {
    const link = new Link(version).accept();
    publish(link, 'a', qos);
    link.exchange();
    const [effect] = link.fromServer('publish');
    expect(effect?.packet).toMatchObject({ topic: 'skein/v1/1/out/message', qos, dup: false, retain: false });
    expect(effect?.packet.payload).toEqual(payload);
    expect(link.acknowledged).toEqual([]);
    if (qos > 0) acknowledge(link, effect!.packet.packetId);
    link.exchange();
    expect(link.acknowledged).toEqual(qos === 0 ? [] : ['a']);
    expect(link.client.session()).toEqual({ inflight: [], received: [], waiting: [] });
    expect(link.server.received()).toEqual([]);
  });

  test.each([1, 2] as const)('a delivery of QoS %i is reported once the client has stored it', (qos) => {
    const link = new Link(version).accept();
    deliver(link, 'a', qos);
    link.exchange();
    expect(link.fromServer('delivered')).toEqual([]);
    expect(link.server.inflight()).toMatchObject([{ packetId: 1, token: 'a' }]);
    link.toClient({ type: 'acknowledge', packetId: 1, reasonCode: 0 });
    link.exchange();
    expect(link.fromServer('delivered')).toEqual([{ type: 'delivered', packetId: 1, token: 'a' }]);
    expect(link.server.inflight()).toEqual([]);
  });

  test.each([1, 2] as const)(
    'acknowledgements of QoS %i leave in the order of the publishes [MQTT-4.6.0-2]',
    (qos) => {
      const link = new Link(version).accept();
      for (const token of ['a', 'b', 'c', 'd']) publish(link, token, qos);
      link.exchange();
      const [a, b, c, d] = link.published as [number, number, number, number];
      acknowledge(link, c);
      acknowledge(link, b);
      link.exchange();
      expect(link.acknowledged).toEqual([]);
      acknowledge(link, a);
      link.exchange();
      expect(link.acknowledged).toEqual(['a', 'b', 'c']);
      acknowledge(link, d);
      link.exchange();
      expect(link.acknowledged).toEqual(['a', 'b', 'c', 'd']);
    },
  );

  test('acknowledging a publish that does not wait is a bug of the caller', () => {
    const link = new Link(version).accept();
    expect(() => acknowledge(link, 7)).toThrow('no PUBLISH with this id waits');
  });

  test('a message of QoS 2 that is sent again before PUBREL is handed on once [MQTT-4.3.3-10]', () => {
    const first = new Link(version).accept();
    publish(first, 'a', 2);
    first.exchange();
    acknowledge(first, 1);
    first.server.takeOutput();
    expect(first.server.received()).toEqual([1]);

    const second = new Link(version, { session: first.client.session() });
    second.accept({ sessionPresent: true, received: first.server.received() });
    expect(second.fromServer('publish')).toEqual([]);
    expect(second.acknowledged).toEqual(['a']);
    expect(second.server.received()).toEqual([]);
    expect(second.client.session().inflight).toEqual([]);
  });

  test('in a resumed session the client sends again what is unacknowledged, in order, with DUP and its id [MQTT-4.4.0-1]', () => {
    const first = new Link(version).accept();
    for (const token of ['a', 'b', 'c']) publish(first, token);
    first.exchange();
    acknowledge(first, 1);
    first.exchange();

    const second = new Link(version, { session: first.client.session() });
    publish(second, 'd');
    second.accept({ sessionPresent: true });
    const packets = second.fromServer('publish').map(({ packet }) => [packet.packetId, packet.dup]);
    expect(packets).toEqual([
      [2, true],
      [3, true],
      [1, false],
    ]);
    for (const packetId of second.published) acknowledge(second, packetId);
    second.exchange();
    expect(second.acknowledged).toEqual(['b', 'c', 'd']);
  });

  test('if the server has forgotten the session, the client sends anew what is unacknowledged', () => {
    const first = new Link(version).accept();
    publish(first, 'a');
    publish(first, 'b', 2);
    first.exchange();

    const second = new Link(version, { session: first.client.session() }).accept();
    expect(second.fromServer('publish').map(({ packet }) => packet.dup)).toEqual([false, false]);
    for (const packetId of second.published) acknowledge(second, packetId);
    second.exchange();
    expect(second.acknowledged).toEqual(['a', 'b']);
  });

  test('in a resumed session the server sends again under the old ids, and new deliveries take none of them', () => {
    const first = new Link(version).accept();
    deliver(first, 'a');
    deliver(first, 'b');
    deliver(first, 'c', 2);
    first.exchange();
    first.toClient({ type: 'acknowledge', packetId: 3, reasonCode: 0 });
    const up = first.client.takeOutput()!;
    first.toServer({ type: 'bytes', chunk: up });
    expect(first.server.inflight().map(({ packetId, awaits }) => [packetId, awaits])).toEqual([
      [1, 'puback'],
      [2, 'puback'],
      [3, 'pubcomp'],
    ]);

    const second = new Link(version, { session: first.client.session() });
    second.accept({
      sessionPresent: true,
      reserved: first.server.inflight().map(({ packetId }) => packetId),
    });
    deliver(second, 'new');
    for (const { packetId, token, awaits } of first.server.inflight()) {
      if (awaits === 'pubcomp') second.toServer({ type: 'release', packetId, token });
      else second.toServer({ type: 'deliver', topic: 't', payload, qos: 1, token, packetId, dup: true });
    }
    second.exchange();
    expect(second.fromClient('message').map(({ packet }) => [packet.packetId, packet.dup])).toEqual([
      [4, false],
      [1, true],
      [2, true],
    ]);
    for (const packetId of [4, 1, 2]) second.toClient({ type: 'acknowledge', packetId, reasonCode: 0 });
    second.exchange();
    expect(second.fromServer('delivered').map(({ token }) => token)).toEqual(['c', 'new', 'a', 'b']);
  });

  test('SUBSCRIBE and UNSUBSCRIBE are answered to the one who asked', () => {
    const link = new Link(version).accept();
    link.toClient({ type: 'subscribe', subscriptions: [{ filter: 'in/#', qos: 1 }], token: 's' });
    link.toClient({ type: 'unsubscribe', filters: ['in/#'], token: 'u' });
    link.exchange();
    const [subscribe] = link.fromServer('subscribe');
    const [unsubscribe] = link.fromServer('unsubscribe');
    link.toServer({ type: 'subscribed', packetId: subscribe!.packet.packetId, reasonCodes: [1] });
    link.toServer({ type: 'unsubscribed', packetId: unsubscribe!.packet.packetId, reasonCodes: [0] });
    link.exchange();
    expect(link.fromClient('subscribed')).toEqual([{ type: 'subscribed', token: 's', reasonCodes: [1] }]);
    expect(link.fromClient('unsubscribed')).toMatchObject([{ token: 'u' }]);
  });

  test('a refusal ends both sides and says why', () => {
    const link = new Link(version);
    link.exchange();
    link.toServer({ type: 'refuse', reasonCode: 0x86 });
    link.exchange();
    expect(link.fromClient('close')).toMatchObject([{ cause: 'refused', reasonCode: 0x86 }]);
    expect(link.fromServer('close')).toMatchObject([
      { cause: 'server', reasonCode: 0x86, publishWill: false },
    ]);
  });

  test('keep-alive: an idle pair pings and stays, for a day', () => {
    const link = new Link(version).accept();
    link.pass(86_400_000);
    expect(link.fromServer('close')).toEqual([]);
    expect(link.fromClient('close')).toEqual([]);
  });

  test('keep-alive: the server closes after one and a half of silence, and the will is due [MQTT-3.1.2-22]', () => {
    const will = { topic: 'gone', payload, qos: 0, retain: false } as const;
    const link = new Link(version, { client: { keepAliveS: 10, will } }).accept();
    expect(link.server.deadline()).toBe(15_000);
    link.now = 14_999;
    link.toServer({ type: 'tick' });
    expect(link.fromServer('close')).toEqual([]);
    link.now = 15_000;
    link.toServer({ type: 'tick' });
    expect(link.fromServer('close')).toMatchObject([
      { cause: 'keepalive', publishWill: true, reasonCode: 0x8d },
    ]);
    expect(link.server.deadline()).toBeUndefined();
  });

  test('keep-alive: the client closes when a ping is not answered', () => {
    const link = new Link(version).accept();
    link.now = 60_000;
    link.toClient({ type: 'tick' });
    expect(link.client.takeOutput()).toEqual(Uint8Array.of(0xc0, 0));
    link.now = 70_000;
    link.toClient({ type: 'tick' });
    expect(link.fromClient('close')).toMatchObject([{ cause: 'timeout' }]);
  });

  test('a probe pings at once, and finds a dead line as a keep-alive does', () => {
    const link = new Link(version).accept();
    link.now = 1_000;
    link.toClient({ type: 'probe' });
    link.toClient({ type: 'probe' });
    expect(link.client.takeOutput()).toEqual(Uint8Array.of(0xc0, 0));
    expect(link.client.deadline()).toBe(11_000);
    link.now = 11_000;
    link.toClient({ type: 'tick' });
    expect(link.fromClient('close')).toMatchObject([{ cause: 'timeout' }]);
  });

  test('a CONNECT that does not come in time ends the connection', () => {
    const link = new Link(version);
    link.client.takeOutput();
    link.pass(4_999);
    expect(link.fromServer('close')).toEqual([]);
    link.pass(1);
    expect(link.fromServer('close')).toMatchObject([{ cause: 'timeout', publishWill: false }]);
  });

  test.each([
    ['a clean DISCONNECT takes the will back', 0, false],
    ['DISCONNECT with will message publishes it', 4, true],
  ])('%s [MQTT-3.14.4-3]', (_, reasonCode, publishWill) => {
    const will = { topic: 'gone', payload, qos: 0, retain: false } as const;
    const link = new Link(version, { client: { will } }).accept();
    link.toClient({ type: 'disconnect', reasonCode });
    link.exchange();
    // 3.1.1 has only the clean one.
    expect(link.fromServer('close')).toMatchObject([
      { cause: 'client', publishWill: publishWill && version === 5 },
    ]);
  });

  test('the end of the transport makes the will due, and ends everything', () => {
    const will = { topic: 'gone', payload, qos: 0, retain: false } as const;
    const link = new Link(version, { client: { will } }).accept();
    publish(link, 'a');
    link.exchange();
    link.toServer({ type: 'closed' });
    acknowledge(link, 1);
    deliver(link, 'b');
    link.toServer({ type: 'closed' });
    expect(link.fromServer('close')).toMatchObject([{ cause: 'transport', publishWill: true }]);
    expect(link.server.takeOutput()).toBeUndefined();
  });

  test('takeover: the first connection is told in MQTT 5 and closed', () => {
    const link = new Link(version).accept();
    link.toServer({ type: 'disconnect', reasonCode: 0x8e, reason: 'taken over' });
    link.exchange();
    expect(link.fromServer('close')).toMatchObject([{ cause: 'server', reasonCode: 0x8e }]);
    const told =
      version === 5 ? [{ type: 'close', cause: 'server', reasonCode: 0x8e, reason: 'taken over' }] : [];
    expect(link.fromClient('close')).toEqual(told);
  });

  test('what the client sends before it is accepted is held, then handled in order', () => {
    const link = new Link(version);
    const connect = link.client.takeOutput()!;
    const ping = Uint8Array.of(0xc0, 0);
    link.toServer({ type: 'bytes', chunk: connect });
    expect(link.server.paused).toBe(false);
    link.toServer({ type: 'bytes', chunk: ping });
    expect(link.server.paused).toBe(true);
    link.toServer({ type: 'accept', sessionPresent: false });
    expect(link.server.paused).toBe(false);
    expect(link.server.takeOutput()!.slice(-2)).toEqual(Uint8Array.of(0xd0, 0));
  });

  test('what is held before a CONNECT is accepted is bounded', () => {
    const link = new Link(version);
    link.toServer({ type: 'bytes', chunk: link.client.takeOutput()! });
    for (let i = 0; i < 100; i++) link.toServer({ type: 'bytes', chunk: new Uint8Array(1_000) });
    expect(link.fromServer('close')).toMatchObject([{ cause: 'protocol', reasonCode: 0x97 }]);
  });

  test('a second CONNECT is a protocol error [MQTT-3.1.0-2]', () => {
    const link = new Link(version);
    const connect = link.client.takeOutput()!;
    link.toServer({ type: 'bytes', chunk: connect });
    link.toServer({ type: 'accept', sessionPresent: false });
    link.toServer({ type: 'bytes', chunk: connect });
    expect(link.fromServer('close')).toMatchObject([{ cause: 'protocol', reasonCode: 0x82 }]);
  });

  test('publishes over the queue are refused at once, and none is lost', () => {
    const link = new Link(version, { client: { maxQueued: 2 } });
    for (const token of ['a', 'b', 'c']) publish(link, token);
    expect(link.fromClient('acknowledged')).toMatchObject([{ token: 'c', reasonCode: 0x97 }]);
    expect(link.client.session().waiting.map(({ token }) => token)).toEqual(['a', 'b']);
  });

  test('the client sends no more than its own Receive Maximum allows unacknowledged', () => {
    const link = new Link(version, { client: { receiveMaximum: 2 } }).accept();
    for (const token of ['a', 'b', 'c', 'd']) publish(link, token);
    link.exchange();
    expect(link.published).toEqual([1, 2]);
    acknowledge(link, 1);
    link.exchange();
    expect(link.published).toEqual([1, 2, 3]);
  });

  test('a delivery without credit is a bug of the caller', () => {
    const link = new Link(version, { client: { receiveMaximum: 1 }, server: { receiveMaximum: 1 } }).accept();
    deliver(link, 'a');
    expect(link.server.credit).toBe(0);
    expect(() => deliver(link, 'b')).toThrow('while there is credit');
    deliver(link, 'c', 0);
    link.exchange();
    link.toClient({ type: 'acknowledge', packetId: 1, reasonCode: 0 });
    link.exchange();
    expect(link.server.credit).toBe(1);
  });
});

describe('MQTT 5 alone', () => {
  test('the client keeps to the Receive Maximum of the server', () => {
    const link = new Link(5, { server: { receiveMaximum: 3 } }).accept();
    for (let i = 0; i < 10; i++) publish(link, i);
    link.exchange();
    expect(link.published).toEqual([1, 2, 3]);
    for (let packetId = 1; packetId <= 10; packetId++) {
      acknowledge(link, packetId);
      link.exchange();
    }
    expect(link.acknowledged).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('CONNACK says what the server does not do', () => {
    const options = { client: { keepAliveS: 0, sessionExpiryS: 60 }, server: { topicAliasMaximum: 4 } };
    const link = new Link(5, options).accept({ assignedClientId: 'x', sessionExpiryS: 30 });
    expect(link.fromClient('connack')[0]?.packet).toEqual({
      type: 'connack',
      sessionPresent: false,
      reasonCode: 0,
      receiveMaximum: 64,
      maximumPacketSize: 262_144,
      retainAvailable: false,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
      topicAliasMaximum: 4,
      serverKeepAliveS: 300,
      sessionExpiryS: 30,
      assignedClientId: 'x',
    });
    link.pass(86_400_000);
    expect(link.fromServer('close')).toEqual([]);
  });

  test('an acknowledgement carries user properties and reason, and a refusal its code', () => {
    const link = new Link(5).accept();
    publish(link, 'a');
    publish(link, 'b', 2);
    link.exchange();
    const userProperties = [['message-id', '42']] as const;
    link.toServer({ type: 'acknowledge', packetId: 1, reasonCode: 0, userProperties });
    link.toServer({ type: 'acknowledge', packetId: 2, reasonCode: 0x87, reason: 'not a member' });
    link.exchange();
    expect(link.fromClient('acknowledged')).toEqual([
      { type: 'acknowledged', token: 'a', reasonCode: 0, userProperties },
      { type: 'acknowledged', token: 'b', reasonCode: 0x87, reason: 'not a member' },
    ]);
    expect(link.server.received()).toEqual([]);
    expect(link.client.session().inflight).toEqual([]);
  });

  test('properties that would pass the client’s Maximum Packet Size are left out [MQTT-3.4.2-3]', () => {
    const link = new Link(5, { client: { maxPacketSize: 40 } }).accept();
    publish(link, 'a');
    link.exchange();
    const userProperties = [['message-id', '4'.repeat(40)]] as const;
    link.toServer({ type: 'acknowledge', packetId: 1, reasonCode: 0, userProperties });
    link.exchange();
    expect(link.fromClient('acknowledged')).toEqual([{ type: 'acknowledged', token: 'a', reasonCode: 0 }]);
  });

  test('a delivery that the client does not take for its size counts as delivered [MQTT-3.1.2-25]', () => {
    const link = new Link(5, { client: { maxPacketSize: 100 } }).accept();
    expect(link.server.peerMaxPacketSize).toBe(100);
    link.toServer({ type: 'deliver', topic: 't', payload: new Uint8Array(200), qos: 1, token: 'big' });
    expect(link.fromServer('delivered')).toMatchObject([{ token: 'big' }]);
    expect(link.server.takeOutput()).toBeUndefined();
    expect(link.server.inflight()).toEqual([]);
  });

  test('a publish that the server does not take for its size is refused by the client', () => {
    const link = new Link(5, { server: { maxPacketSize: 100 } }).accept();
    link.toClient({ type: 'publish', topic: 't', payload: new Uint8Array(200), qos: 1, token: 'big' });
    publish(link, 'small');
    link.exchange();
    expect(link.fromClient('acknowledged')).toMatchObject([{ token: 'big', reasonCode: 0x95 }]);
    expect(link.published).toHaveLength(1);
  });

  test('topic aliases: a topic is named once', () => {
    const link = new Link(5, { client: { topicAliases: true }, server: { topicAliasMaximum: 1 } }).accept();
    publish(link, 'a');
    const first = link.client.takeOutput()!;
    publish(link, 'b');
    const second = link.client.takeOutput()!;
    expect(first.length - second.length).toBe('skein/v1/1/out/message'.length);
    link.toServer({ type: 'bytes', chunk: first });
    link.toServer({ type: 'bytes', chunk: second });
    link.toClient({ type: 'publish', topic: 'another', payload, qos: 0 });
    link.exchange();
    const topics = link.fromServer('publish').map(({ packet }) => packet.topic);
    expect(topics).toEqual(['skein/v1/1/out/message', 'skein/v1/1/out/message', 'another']);
  });

  test('the session expiry of a DISCONNECT is reported', () => {
    const link = new Link(5, { client: { sessionExpiryS: 60 } }).accept();
    link.toClient({ type: 'disconnect', sessionExpiryS: 0 });
    link.exchange();
    expect(link.fromServer('close')).toMatchObject([{ cause: 'client', sessionExpiryS: 0 }]);
  });
});

describe('MQTT 3.1.1 alone', () => {
  test('a client that sends without waiting is read no further than the server’s Receive Maximum', () => {
    const link = new Link(4, { client: { receiveMaximum: 100 }, server: { receiveMaximum: 3 } }).accept();
    for (let i = 0; i < 10; i++) publish(link, i);
    link.exchange();
    expect(link.published).toEqual([1, 2, 3]);
    expect(link.server.paused).toBe(true);
    expect(link.server.deadline()).toBeUndefined();
    for (let packetId = 1; packetId <= 10; packetId++) {
      acknowledge(link, packetId);
      link.exchange();
    }
    expect(link.acknowledged).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(link.server.paused).toBe(false);
  });

  test('more messages of QoS 2 than the Receive Maximum run through to the end', () => {
    const link = new Link(4, { client: { receiveMaximum: 100 }, server: { receiveMaximum: 3 } }).accept();
    for (let i = 0; i < 10; i++) publish(link, i, 2);
    link.exchange();
    expect(link.published).toEqual([1, 2, 3]);
    for (let packetId = 1; packetId <= 10; packetId++) acknowledge(link, packetId);
    link.exchange();
    expect(link.acknowledged).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(link.server.received()).toEqual([]);
    expect(link.client.session().inflight).toEqual([]);
  });

  test('the 64-bit dialect brings the message id', () => {
    const link = new Link(4, { client: { puback64: true }, server: { puback64: true } }).accept();
    publish(link, 'a');
    link.exchange();
    link.toServer({ type: 'acknowledge', packetId: 1, reasonCode: 0, messageId: 0x0123_4567_89ab_cdefn });
    link.exchange();
    expect(link.fromClient('acknowledged')).toMatchObject([
      { token: 'a', messageId: 0x0123_4567_89ab_cdefn },
    ]);
  });

  test('a message id goes to nobody who did not ask for it', () => {
    const link = new Link(4).accept();
    publish(link, 'a');
    link.exchange();
    link.toServer({ type: 'acknowledge', packetId: 1, reasonCode: 0, messageId: 5n });
    expect(link.server.takeOutput()).toEqual(Uint8Array.of(0x40, 2, 0, 1));
  });

  test('the shortest PUBACK of the dialect answers the oldest publish', () => {
    const link = new Link(4, { client: { puback64: true } }).accept();
    publish(link, 'a');
    publish(link, 'b');
    link.toClient({ type: 'bytes', chunk: Uint8Array.of(0x40, 8, 0, 0, 0, 0, 0, 0, 0, 9) });
    expect(link.fromClient('acknowledged')).toMatchObject([{ token: 'a', messageId: 9n }]);
  });
});
