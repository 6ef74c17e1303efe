import { directConversation, inTopic } from '@skein/protocol';
import { BadLine, type Skein, startSkein, until } from '@skein/testkit';
import { describe, expect, it } from 'vitest';
import { createGroup } from './call.ts';
import { Device } from './device.ts';
import { letterTo, readDelivery } from './letter.ts';
import { residentMiB } from './process-memory.ts';

const frozenCount = 200;
const pairCount = 100;
/** So much fills the kernel's buffers of a line (4 MB here), and the server has the rest to hold or to leave. */
const floodMessages = 90;
const usualMessages = 20;
const floodBytes = 60_000;
const stallTimeoutMs = 1_000;
/** So many of the frozen come back; all of them would only take longer. */
const returning = 20;

/** A member of a group that notes what it was shown. */
interface Reader {
  readonly device: Device;
  readonly seen: Set<number>;
}

async function join(server: Skein, port: number, user: string, seen = new Set<number>()): Promise<Reader> {
  const device = await Device.connect({
    port,
    user,
    token: server.token(user),
    clientId: 'reader',
    cleanStart: false,
    sessionExpiryS: 3_600,
    // What clients take that say nothing of it.
    receiveMaximum: 65_535,
    onMessage: (packet) => seen.add(Number(readDelivery(packet).seq)),
  });
  if (!device.connack.sessionPresent) await device.subscribe([inTopic(user, 'message')]);
  return { device, seen };
}

async function send(sender: Device, conversationId: string, content: string): Promise<void> {
  const { topic, payload } = letterTo(conversationId, sender.user, content);
  expect((await sender.publish(topic, payload)).reasonCode).toBe(0);
}

const usersFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => String(first + i));

/** Pairs of healthy people; `talk` lets all write and answer until told to stop, and answers the p99 in ms. */
async function healthyPairs(server: Skein) {
  const arrivals = new Map<string, () => void>();
  const pairs = await Promise.all(
    usersFrom(20_000, pairCount).map(async (from) => {
      const to = String(Number(from) + 10_000);
      const sender = await Device.connect({ port: server.mqttPort, user: from, token: server.token(from) });
      const receiver = await Device.connect({
        port: server.mqttPort,
        user: to,
        token: server.token(to),
        onMessage: (packet) => arrivals.get(readDelivery(packet).clientMessageId!)?.(),
      });
      await receiver.subscribe([inTopic(to, 'message')]);
      return { sender, conversationId: directConversation(from, to) };
    }),
  );
  return async (goesOn: () => boolean): Promise<number> => {
    const tookMs: number[] = [];
    await Promise.all(
      pairs.map(async ({ sender, conversationId }) => {
        while (goesOn()) {
          const letter = letterTo(conversationId, sender.user, 'how long does this take?');
          const began = performance.now();
          const arrived = new Promise<void>((resolve) => arrivals.set(letter.clientMessageId, resolve));
          await Promise.all([sender.publish(letter.topic, letter.payload), arrived]);
          arrivals.delete(letter.clientMessageId);
          tookMs.push(performance.now() - began);
        }
      }),
    );
    tookMs.sort((a, b) => a - b);
    return tookMs[Math.floor(tookMs.length * 0.99)]!;
  };
}

describe('readers that do not read', () => {
  it('L2 S2 cost bounded memory and little of the others’ time, are closed, and lose nothing', async () => {
    await using server = await startSkein({
      env: {
        SKEIN_LIMITS_SENDS_PER_10S: '0',
        SKEIN_LIMITS_STALL_TIMEOUT_MS: String(stallTimeoutMs),
      },
    });
    const talk = await healthyPairs(server);
    const writer = await Device.connect({ port: server.mqttPort, user: '1', token: server.token('1') });
    const members = usersFrom(1_000, frozenCount);
    const group = await createGroup(server, server.token('1'), members);
    const readers = await Promise.all(members.map((user) => join(server, server.mqttPort, user)));
    const flood = async (messages: number) => {
      for (let sent = 0; sent < messages; sent += 1)
        await send(writer, group, String(sent).padEnd(floodBytes, '.'));
    };
    /** The p99 of the pairs while somebody floods the group. */
    const talkBesideFloodOf = async (messages: number) => {
      let over = false;
      const flooding = flood(messages).finally(() => {
        over = true;
      });
      const [p99Ms] = await Promise.all([talk(() => !over), flooding]);
      return p99Ms;
    };

    const usualMs = await talkBesideFloodOf(usualMessages);
    await until(() => readers.every(({ seen }) => seen.size === usualMessages), { what: 'the usual flood' });
    await Promise.all(readers.map(({ device }) => device.leave()));
    // New lines: the kernel has not learned yet that these readers are fast, and takes less for them.
    const frozen = await Promise.all(
      readers.map(({ device, seen }) => join(server, server.mqttPort, device.user, seen)),
    );
    for (const { device } of frozen) device.freeze();
    const beforeMiB = residentMiB(server.pid);
    const besideFrozenMs = await talkBesideFloodOf(floodMessages);
    const grewMiB = residentMiB(server.pid) - beforeMiB;
    const stalled = () => server.output.split('"event":"stalled"').length - 1;
    await until(() => stalled() === frozenCount, { what: () => `${stalled()} of ${frozenCount} closed` });
    console.info(
      `p99 beside readers ${usualMs.toFixed(0)} ms, beside frozen ones ${besideFrozenMs.toFixed(0)} ms; server ` +
        `grew by ${grewMiB.toFixed(0)} MiB of ${((frozenCount * floodMessages * floodBytes) / 2 ** 20).toFixed(0)} MiB`,
    );
    expect(grewMiB).toBeLessThan(60);
    expect(besideFrozenMs).toBeLessThan(2 * usualMs + 200);

    for (const { device } of frozen) device.cut();
    const back = frozen.slice(0, returning);
    await Promise.all(back.map(({ device, seen }) => join(server, server.mqttPort, device.user, seen)));
    const all = usualMessages + floodMessages;
    await until(() => back.every(({ seen }) => seen.size === all), {
      timeoutMs: 30_000,
      what: () => `${back.filter(({ seen }) => seen.size < all).length} that lack something`,
    });
  });

  it('L2 S2 one slow member of a group of 500 delays nobody else, and gets everything', async () => {
    await using server = await startSkein({ env: { SKEIN_LIMITS_SENDS_PER_10S: '0' } });
    await using line = await BadLine.to({ port: server.mqttPort });
    const [slowUser, ...users] = usersFrom(1_000, 499) as [string, ...string[]];
    const writer = await Device.connect({ port: server.mqttPort, user: '1', token: server.token('1') });
    const group = await createGroup(server, server.token('1'), [slowUser, ...users]);
    const readers = await Promise.all(users.map((user) => join(server, server.mqttPort, user)));
    const slow = await join(server, line.port, slowUser);
    line.set({ down: { bytesPerSecond: 5_000 } });
    const messages = 40;
    for (let sent = 0; sent < messages; sent += 1) await send(writer, group, 'x'.repeat(2_000));
    await until(() => readers.every(({ seen }) => seen.size === messages), { what: 'everybody but one' });
    expect(slow.seen.size).toBeLessThan(messages);
    line.heal();
    await until(() => slow.seen.size === messages, { what: 'the slow one' });
  });
});
