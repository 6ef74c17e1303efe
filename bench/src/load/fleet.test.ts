import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import mqttPacket from 'mqtt-packet';
import { afterEach, expect, test } from 'vitest';
import { relayClients } from '../servers/side.ts';
import { Histogram } from '../statistics/histogram.ts';
import { Fleet } from './fleet.ts';
import type { ProtocolVersion } from './frames.ts';

type Habit = 'honest' | 'dribbles' | 'doubles' | 'misdirects' | 'hangs up' | 'refuses';

let server: Server | undefined;
let fleet: Fleet | undefined;

afterEach(() => {
  fleet?.close();
  server?.close();
});

/** A broker by another implementation of the protocol, with the given habit. */
async function startBroker(version: ProtocolVersion, habit: Habit): Promise<number> {
  const subscribers = new Map<string, Socket>();
  server = createServer({ noDelay: true }, (socket) => {
    const send = (packet: mqttPacket.Packet, to = socket) => {
      const bytes = mqttPacket.generate(packet, { protocolVersion: version });
      if (habit === 'dribbles') dribble(to, bytes);
      else if (!to.destroyed) to.write(bytes);
    };
    const parser = mqttPacket.parser({ protocolVersion: version });
    socket.on('data', (chunk) => parser.parse(chunk));
    socket.on('error', () => socket.destroy());
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connect') {
        const returnCode = habit === 'refuses' ? 5 : 0;
        send({ cmd: 'connack', sessionPresent: false, returnCode, reasonCode: returnCode });
      } else if (packet.cmd === 'subscribe') {
        subscribers.set(packet.subscriptions[0]!.topic, socket);
        send({ cmd: 'suback', messageId: packet.messageId!, granted: [1] });
      } else if (packet.cmd === 'publish') {
        if (habit === 'hangs up') return socket.destroy();
        send({ cmd: 'puback', messageId: packet.messageId!, reasonCode: 0 });
        const receiver = habit === 'misdirects' ? socket : subscribers.get(packet.topic)!;
        for (let i = 0; i < (habit === 'doubles' ? 2 : 1); i++) send({ ...packet, dup: false }, receiver);
      }
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const held = new WeakMap<Socket, Buffer>();

/** A few bytes a turn, so that packets are cut and pieces of different connections are read in between. */
function dribble(to: Socket, bytes: Uint8Array): void {
  const waiting = held.get(to) ?? Buffer.alloc(0);
  held.set(to, Buffer.concat([waiting, bytes]));
  if (waiting.length > 0) return;
  const pump = () => {
    const all = held.get(to)!;
    if (!to.destroyed) to.write(all.subarray(0, 50));
    held.set(to, all.subarray(50));
    if (all.length > 50) setImmediate(pump);
  };
  pump();
}

async function connectFleet(version: ProtocolVersion, habit: Habit, failures: string[]): Promise<Fleet> {
  const port = await startBroker(version, habit);
  fleet = new Fleet(relayClients(6), { port, version, transport: 'tcp' }, (error) =>
    failures.push(error.message),
  );
  return fleet;
}

for (const [version, habit] of [
  [4, 'honest'],
  [5, 'honest'],
  [4, 'dribbles'],
] as const) {
  test(`a closed loop counts what is acknowledged and received, and drains (${version}, ${habit})`, async () => {
    const failures: string[] = [];
    const connected = await connectFleet(version, habit, failures);
    await connected.open();
    const run = await connected.closedLoop(4, 100);
    expect(failures).toEqual([]);
    expect(run.lost).toBe(0);
    expect(run.delivered).toBeGreaterThan(24);
    expect(run.deliveredInAll).toBeGreaterThanOrEqual(run.delivered);
    expect(Histogram.from(run.receipt).count).toBe(run.deliveredInAll);
    expect(Histogram.from(run.acknowledgement).count).toBe(run.deliveredInAll);
  });
}

test('an open loop sends as many as the rate asks for, on schedule', async () => {
  const failures: string[] = [];
  const connected = await connectFleet(4, 'honest', failures);
  await connected.open();
  const run = await connected.openLoop(1000, 200);
  expect(failures).toEqual([]);
  expect(run).toMatchObject({ onSchedule: true, lost: 0, deliveredInAll: 200 });
});

for (const [habit, why] of [
  ['doubles', /a double, or a stray/],
  ['misdirects', /not for its receiver/],
  ['hangs up', /closed the connection/],
] as const) {
  test(`a server that ${habit} voids the run`, async () => {
    const failures: string[] = [];
    const connected = await connectFleet(4, habit, failures);
    await connected.open();
    void connected.closedLoop(1, 20);
    await expect.poll(() => failures[0]).toMatch(why);
  });
}

test('a refused login is told', async () => {
  const failures: string[] = [];
  void (await connectFleet(4, 'refuses', failures)).open();
  await expect.poll(() => failures[0]).toMatch(/CONNACK refused with 5/);
});
