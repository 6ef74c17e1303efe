import { PacketReader, PacketWriter, type ProtocolVersion } from '@skein/mqtt';
import { VirtualClock } from '@skein/testkit';
import { beforeEach, expect, test } from 'vitest';
import type { Clock } from '../device/clock.ts';
import type { LineListener } from '../line/line.ts';
import { Connection } from './connection.ts';
import type { ConnectionState } from './state.ts';
import { Tokens } from './token.ts';

let time: VirtualClock;
let states: ConnectionState[];
let wake: () => void;

const clock: Clock = {
  now: () => time.now,
  at: (at, call) => time.after(at - time.now, call),
  random: () => 2 ** 31,
};

beforeEach(() => {
  time = new VirtualClock();
  states = [];
  wake = () => {};
});

type Serve = (version: ProtocolVersion, listener: LineListener) => void;

/** A server that hears CONNECT, and answers as told; SUBSCRIBE is granted, pings are not answered. */
function connectTo(serve: Serve, fetchToken = () => tokenFor('1')): Connection {
  const connection = new Connection(
    {
      url: new URL('http://localhost'),
      clock,
      tokens: new Tokens(fetchToken, clock),
      clientId: 'phone',
      openLine: (_url, listener) => {
        time.after(1, () => listener.opened());
        return { close: () => {}, send: (bytes) => time.after(1, () => hear(bytes, serve, listener)) };
      },
      watchWakes: (woken) => {
        wake = woken;
        return () => {};
      },
    },
    {
      connected: () => {},
      subscribed: () => {},
      disconnected: () => {},
      message: () => {},
      acknowledged: () => {},
      stateChanged: (state) => states.push(state),
    },
  );
  connection.start();
  return connection;
}

function hear(bytes: Uint8Array, serve: Serve, listener: LineListener): void {
  const isConnect = bytes[0] === 0x10;
  const version = isConnect ? (bytes[8] as ProtocolVersion) : spoken;
  spoken = version;
  if (isConnect) serve(version, listener);
  const reader = new PacketReader({ role: 'server', version, maxPacketSize: 10_000 });
  reader.push(bytes);
  for (let packet = reader.next(); packet; packet = reader.next()) {
    if (packet.type !== 'subscribe') continue;
    const writer = new PacketWriter();
    writer.write({ type: 'suback', packetId: packet.packetId, reasonCodes: [1] }, version);
    listener.received(writer.take()!.slice());
  }
}

let spoken: ProtocolVersion = 5;

function tokenFor(user: string): string {
  const claims = { sub: user, exp: Math.floor(time.now / 1_000) + 3_600 };
  return `x.${btoa(JSON.stringify(claims))}.x`;
}

const accepts: Serve = (version, { received }) =>
  received(Uint8Array.from(version === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]));

/** Lets promises settle between the steps of time. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    time.advance(10);
    for (let i = 0; i < 5; i++) await Promise.resolve();
  }
}

const names = () => states.map(({ name }) => name);

test('speaks MQTT 5', async () => {
  connectTo(accepts);
  await pass(100);
  expect(states.at(-1)).toMatchObject({ name: 'online', mqttVersion: 5 });
});

test.each<[string, Serve]>([
  [
    'refuses the version in words of 3.1.1',
    (_version, { received }) => received(Uint8Array.of(0x20, 2, 0, 1)),
  ],
  [
    'refuses the version in words of 5',
    (_version, { received }) => received(Uint8Array.of(0x20, 3, 0, 0x84, 0)),
  ],
  ['closes without a word', (_version, { closed }) => closed('gone')],
])('falls back to 3.1.1 where a server %s', async (_name, refuse) => {
  connectTo((version, listener) => (version === 5 ? refuse(version, listener) : accepts(version, listener)));
  await pass(10_000);
  expect(states.at(-1)).toMatchObject({ name: 'online', mqttVersion: 4 });
});

test('a page that is looked at again does not wait for the next attempt', async () => {
  let isAway = true;
  connectTo((version, listener) => (isAway ? listener.closed('away') : accepts(version, listener)));
  await pass(30_000);
  expect(states.at(-1)!.name).toBe('waiting');
  isAway = false;
  wake();
  await pass(50);
  expect(states.at(-1)!.name).toBe('online');
});

test('a page that is looked at again finds out that its line is dead', async () => {
  connectTo(accepts);
  await pass(100);
  wake();
  await pass(10_100);
  expect(names()).toEqual(['connecting', 'online', 'waiting']);
});

test('a token that cannot be had is told, and asked for again', async () => {
  let asked = 0;
  connectTo(accepts, () => {
    asked += 1;
    if (asked < 3) throw new Error('the back end is away');
    return tokenFor('1');
  });
  await pass(5_000);
  expect(states.find(({ name }) => name === 'waiting')).toMatchObject({
    reason: { code: 'UNAUTHENTICATED' },
  });
  expect(states.at(-1)!.name).toBe('online');
});

test('close ends every timer', async () => {
  const connection = connectTo(accepts);
  await pass(100);
  connection.close();
  // DISCONNECT is on its way.
  await pass(10);
  expect(time.pending).toBe(0);
});
