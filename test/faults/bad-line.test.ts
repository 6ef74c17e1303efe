import { directConversation, inTopic } from '@skein/protocol';
import {
  BadLine,
  checkHistory,
  type HistoryEvent,
  Random,
  type Skein,
  startSkein,
  until,
} from '@skein/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLog } from './call.ts';
import { Correspondent } from './correspondent.ts';
import { Device, LineLost } from './device.ts';
import { directLetter, letterTo, readAck, readDelivery } from './letter.ts';

let server: Skein;
beforeAll(async () => {
  server = await startSkein({ env: { SKEIN_LIMITS_SENDS_PER_10S: '0' } });
});
afterAll(() => server[Symbol.asyncDispose]());

let lastUser = 1000;
/** Each test has people of its own. */
function newUser(): string {
  lastUser += 1;
  return String(lastUser);
}

/** Two people, each on a bad line, who write to each other. */
async function pair(window: number) {
  const line = await BadLine.to({ port: server.mqttPort });
  const history: HistoryEvent[] = [];
  const users = [newUser(), newUser()] as const;
  const conversationId = directConversation(...users);
  const people = users.map((user, index) => {
    const device = { port: line.port, user, token: server.token(user), clientId: `of ${user}` };
    const random = new Random(index);
    return new Correspondent({ device, conversations: [conversationId], random, history, window });
  });
  const connect = async () => {
    expect(await Promise.all(people.map((each) => each.connect()))).toEqual([true, true]);
  };
  await connect();
  return {
    line,
    people,
    connect,
    write() {
      for (const each of people) each.write();
    },
    acknowledged(count: number) {
      const goal = people.map((each) => each.acknowledged + count);
      return until(() => people.every((each, index) => each.acknowledged >= goal[index]!), {
        what: () => `${goal} acknowledgements; there are ${people.map((each) => each.acknowledged)}`,
      });
    },
    /** Lets all that was begun come to its end, and holds it against the log. */
    async conclude() {
      for (const each of people) each.rest();
      await until(() => people.every(({ outbox }) => outbox.size === 0), { what: 'empty outboxes' });
      const log = await readLog(server, server.token(users[0]), conversationId);
      expect(checkHistory(history, log)).toEqual([]);
      expect(log.length).toBe(people.reduce((sum, { written }) => sum + written, 0));
      await until(() => people.every((each) => each.missing(log).length === 0), {
        what: 'all shown to both',
      });
      await line[Symbol.asyncDispose]();
      return log;
    },
  };
}

describe('on a bad line', () => {
  it('O1 O3 S2 I1 packets that come byte by byte are the same packets', async () => {
    const talk = await pair(2);
    talk.line.set({ up: { oneByteAtATime: true }, down: { oneByteAtATime: true } });
    talk.write();
    await talk.acknowledged(4);
    await talk.conclude();
  });

  it('O1 O3 S2 I1 a slow and narrow line delays, and loses nothing', async () => {
    const talk = await pair(8);
    talk.line.set({
      up: { latencyMs: 20, bytesPerSecond: 20_000 },
      down: { latencyMs: 20, bytesPerSecond: 40_000 },
    });
    talk.write();
    await talk.acknowledged(40);
    await talk.conclude();
  });

  it('O1 O3 S2 I1 I3 lines cut in the middle of packets cost nothing', async () => {
    const talk = await pair(8);
    // So narrow that a cut finds packets half way, in both directions.
    talk.line.set({ up: { bytesPerSecond: 60_000 }, down: { bytesPerSecond: 60_000 } });
    talk.write();
    for (let cut = 0; cut < 20; cut += 1) {
      await talk.acknowledged(1 + (cut % 5));
      talk.line.cut();
      await talk.connect();
    }
    talk.line.heal();
    await talk.conclude();
  });

  it('O1 O3 S2 I1 I3 a client that is back while the server still holds its dead line goes on', async () => {
    const talk = await pair(8);
    talk.write();
    await talk.acknowledged(20);
    talk.line.halfOpen();
    await talk.connect();
    await talk.acknowledged(20);
    await talk.conclude();
  });

  it.each([
    { direction: 'up', who: 'the server' },
    { direction: 'down', who: 'the client' },
  ] as const)(
    'O1 O3 S2 I1 I3 when $who hears nothing for a while, all arrives after it',
    async ({ direction }) => {
      const talk = await pair(8);
      talk.write();
      await talk.acknowledged(20);
      talk.line.set({ [direction]: { silent: true } });
      const before = talk.people.map(({ acknowledged }) => acknowledged);
      // Another line shows that the server lives on meanwhile.
      const witness = await Device.connect({ port: server.mqttPort, user: '1', token: server.token('1') });
      for (let sent = 0; sent < 20; sent += 1) {
        const { topic, payload } = directLetter('1', '2', `meanwhile ${sent}`);
        expect((await witness.publish(topic, payload)).reasonCode).toBe(0);
      }
      await witness.leave();
      // No more than was on the way.
      for (const [index, { acknowledged }] of talk.people.entries()) {
        expect(acknowledged).toBeLessThanOrEqual(before[index]! + 8);
      }
      talk.line.heal();
      await talk.acknowledged(20);
      await talk.conclude();
    },
  );
});

describe.each([4, 5] as const)('a commit whose answer is lost, MQTT %s', (version) => {
  it('I1 I3 is told again with the first id and seq', async () => {
    await using line = await BadLine.to({ port: server.mqttPort });
    const [user, peer] = [newUser(), newUser()];
    const token = server.token(user);
    const letter = letterTo(directConversation(user, peer), user, 'was it stored?');
    // Another device of the reader sees when the entry is committed.
    const delivered: { id: string; seq: string }[] = [];
    const reader = await Device.connect({
      port: server.mqttPort,
      user: peer,
      token: server.token(peer),
      onMessage: (packet) => {
        const { messageId, seq } = readDelivery(packet);
        delivered.push({ id: messageId!, seq: seq! });
      },
    });
    await reader.subscribe([inTopic(peer, 'message')]);

    const sender = await Device.connect({ port: line.port, user, token, version });
    line.set({ down: { silent: true } });
    const lost = sender.publish(letter.topic, letter.payload).catch((error: unknown) => error);
    await until(() => delivered.length === 1, { what: 'the delivery' });
    line.cut();
    expect(await lost).toBeInstanceOf(LineLost);

    line.heal();
    const acks: { id: string; seq: string }[] = [];
    const again = await Device.connect({
      port: line.port,
      user,
      token,
      version,
      onMessage: (packet) => {
        const { messageId, seq } = readAck(packet);
        acks.push({ id: messageId, seq });
      },
    });
    await again.subscribe([inTopic(user, 'ack')]);
    const { reasonCode, properties } = await again.publish(letter.topic, letter.payload);
    expect(reasonCode).toBe(0);
    if (version === 5) {
      expect({ id: properties['message-id'], seq: properties.seq }).toEqual(delivered[0]);
    }
    await until(() => acks.length === 1, { what: 'the Ack' });
    expect(acks).toEqual(delivered);
    expect(await readLog(server, token, letter.conversationId)).toHaveLength(1);
    await Promise.all([again.leave(), reader.leave()]);
    expect(delivered).toHaveLength(1);
  });
});
