import { outTopic } from '@skein/protocol';
import { BadLine, until, without } from '@skein/testkit';
import mqtt, { type IClientOptions } from 'mqtt';
import { describe, expect, it } from 'vitest';
import type { Arrived, Client } from './clients/client.ts';
import { allKinds } from './clients/kinds.ts';
import { mqttJs } from './clients/mqttjs.ts';
import { come, comes, got, message, own, publishes } from './payloads.ts';
import { newUser } from './people.ts';
import { openBrowser, openStage } from './stage.ts';

// Ended after the stage's clients, of which some live in it.
const browser = openBrowser();
const stage = openStage({ env: { SKEIN_LIMITS_SENDS_PER_10S: '0', SKEIN_LOG_LEVEL: 'debug' } });
const { connect, portOf } = stage;

const kinds = allKinds(browser);
const table = kinds.map((kind) => ({ ...kind, kind }));
const witness = mqttJs('5', 'TCP');

const ended = (client: Client) =>
  until(() => client.ended, { changes: client.changes, what: 'the end of the line' });

/** The line's end, known to the client and to the server: what is sent from here on is sent to nobody. */
async function cut(line: BadLine, client: Client, user: string): Promise<void> {
  line.down();
  await ended(client);
  await until(() => stage.server.output.split('\n').some((event) => isEndOf(user, event)), {
    what: () => `the server to notice the end of ${user}'s connection; it said ${stage.server.output}`,
  });
}

const isEndOf = (user: string, event: string) =>
  event.includes('"connection_closed"') && event.includes(`"user":"${user}"`);

/** Somebody who sends numbered messages to another and hears when they are delivered. */
async function correspondent(to: string) {
  const user = newUser();
  const client = await connect(witness, user, { subscribe: own(user, ['receipt'], 0) });
  let sent = 0;
  return {
    user,
    async send(count: number) {
      for (let i = 0; i < count; i += 1) {
        sent += 1;
        await client.publish(outTopic(user, 'message'), message(user, to, `message ${sent}`), 1);
      }
    },
    delivered: (upTo: number) => comes(client, 'receipt', ({ seq }) => Number(seq) >= upTo),
  };
}

const seqs = (client: Client) => got(client, 'message').map(({ seq }) => Number(seq));

/** What MQTT itself says of a delivery, as far as the client shows it. */
const marks = (client: Client) =>
  publishes(client, 'message').map(({ dup, packetId }: Arrived) => ({ dup, packetId }));

describe.skipIf(without('chromium', 'mosquitto_pub', 'mosquitto_sub'))('sessions', () => {
  it.each(table)(
    'S2 $client, MQTT $version over $transport, comes back after a cut: what it missed, in order, nothing double',
    async ({ kind }) => {
      const bob = newUser();
      await using line = await BadLine.to({ port: portOf(kind) });
      const alice = await correspondent(bob);
      const session = { port: line.port, clientId: `laptop-${bob}`, keep: true };
      const before = await connect(kind, bob, { ...session, subscribe: own(bob, ['message']) });
      await alice.send(3);
      await alice.delivered(3);
      await cut(line, before, bob);
      await alice.send(40);
      line.heal();
      // The session has the subscription: nobody asks for it again.
      const after = await connect(kind, bob, session);
      await come(after, 'message', 40);
      await alice.send(1);
      await comes(after, 'message', ({ seq }) => seq === '44');
      expect([seqs(before), seqs(after)]).toEqual([
        [1, 2, 3],
        Array.from({ length: 41 }, (_, index) => index + 4),
      ]);
      expect(marks(after).every(({ dup }) => !dup)).toBe(true);
      await after.end();
    },
  );

  it.each(table)(
    '$client, MQTT $version over $transport, is sent again what it did not acknowledge: with its packet id, and DUP',
    async ({ kind }) => {
      const bob = newUser();
      await using line = await BadLine.to({ port: portOf(kind) });
      const alice = await correspondent(bob);
      const session = { port: line.port, clientId: `laptop-${bob}`, keep: true };
      const before = await connect(kind, bob, { ...session, subscribe: own(bob, ['message']) });
      await alice.send(1);
      await alice.delivered(1);
      line.set({ up: { silent: true } });
      await alice.send(3);
      await come(before, 'message', 4);
      await cut(line, before, bob);
      await alice.send(1);
      line.heal();
      const after = await connect(kind, bob, session);
      await come(after, 'message', 4);
      expect([seqs(before), seqs(after)]).toEqual([
        [1, 2, 3, 4],
        [2, 3, 4, 5],
      ]);
      const unacknowledged = marks(before).slice(1);
      expect(marks(before).some(({ dup }) => dup)).toBe(false);
      expect(marks(after).slice(0, 3)).toEqual(unacknowledged.map((mark) => ({ ...mark, dup: true })));
      expect(marks(after)[3]!.dup).toBe(false);
      await after.end();
    },
  );

  it.each([
    ['is stopped and started', () => stage.server.restart()],
    ['is killed and started', () => stage.server.kill().then(() => stage.server.restart())],
  ])('L1 S2 sessions of absent clients go on when the server %s', async (_, restart) => {
    const people = await Promise.all(
      kinds.map(async (kind) => {
        const user = newUser();
        const session = { clientId: `laptop-${user}`, keep: true };
        const before = await connect(kind, user, { ...session, subscribe: own(user, ['message']) });
        const alice = await correspondent(user);
        await alice.send(2);
        await alice.delivered(2);
        await before.end();
        await alice.send(3);
        return { user, kind, session, before };
      }),
    );
    await restart();
    for (const { user, kind, session, before } of people) {
      const after = await connect(kind, user, session);
      await come(after, 'message', 3);
      const alice = await correspondent(user);
      await alice.send(1);
      await come(after, 'message', 4);
      expect([seqs(before), seqs(after)], kind.client).toEqual([
        [1, 2],
        [3, 4, 5, 1],
      ]);
      await after.end();
    }
  });

  it('L1 S2 sessions of connected clients go on when the server is killed: no hole; what comes twice had come before', async () => {
    const people = await Promise.all(
      kinds.map(async (kind) => {
        const user = newUser();
        const session = { clientId: `laptop-${user}`, keep: true };
        const before = await connect(kind, user, { ...session, subscribe: own(user, ['message']) });
        const alice = await correspondent(user);
        await alice.send(10);
        return { user, kind, session, before };
      }),
    );
    await stage.server.kill();
    await stage.server.restart();
    for (const { user, kind, session, before } of people) {
      await ended(before);
      const after = await connect(kind, user, session);
      const alice = await correspondent(user);
      await alice.send(1);
      await comes(after, 'message', ({ senderId }) => senderId === alice.user);
      const again = seqs(after).slice(0, -1);
      const first = again[0] ?? 11;
      expect(first, kind.client).toBeLessThanOrEqual(seqs(before).length + 1);
      expect(again, kind.client).toEqual(Array.from({ length: 11 - first }, (_, index) => first + index));
      await after.end();
    }
  });

  it('a server that is stopped says so: a notice, and in MQTT 5 the reason', async () => {
    const clients = await Promise.all(
      kinds.map(async (kind) => {
        const user = newUser();
        return { kind, client: await connect(kind, user, { subscribe: own(user, ['notice']) }) };
      }),
    );
    await stage.server.restart();
    for (const { kind, client } of clients) {
      const ending = await ended(client);
      expect(got(client, 'notice'), kind.client).toMatchObject([{ kind: 2 }]);
      if (kind.version === '5') expect(ending.reasonCode).toBe(0x8b);
    }
  });
});

/** MQTT.js itself, for what the clients' common face does not show. */
function raw(user: string, options: Partial<IClientOptions>) {
  const client = mqtt.connect(`mqtt://127.0.0.1:${options.port ?? stage.server.mqttPort}`, {
    protocolVersion: 5,
    username: user,
    password: stage.server.token(user),
    reconnectPeriod: 0,
    ...options,
  });
  client.on('error', () => {});
  const sessionPresent = new Promise<boolean>((resolve) =>
    client.once('connect', ({ sessionPresent }) => resolve(sessionPresent)),
  );
  return { client, sessionPresent };
}

describe('the life of a session', () => {
  it('ends with the DISCONNECT that says so, also when it was to be kept', async () => {
    const user = newUser();
    const options = { clientId: 'phone', clean: false, properties: { sessionExpiryInterval: 600 } };
    const first = raw(user, options);
    expect(await first.sessionPresent).toBe(false);
    await first.client.subscribeAsync(`skein/v1/${user}/in/#`);
    await first.client.endAsync();
    const second = raw(user, options);
    expect(await second.sessionPresent).toBe(true);
    await second.client.endAsync(false, { properties: { sessionExpiryInterval: 0 } });
    const third = raw(user, options);
    expect(await third.sessionPresent).toBe(false);
    await third.client.endAsync();
  });

  it('ends with the connection whose CONNECT gives it no time, though it was kept before', async () => {
    const user = newUser();
    const kept = { clientId: 'phone', clean: false, properties: { sessionExpiryInterval: 600 } };
    const first = raw(user, kept);
    await first.sessionPresent;
    await first.client.subscribeAsync(`skein/v1/${user}/in/#`);
    await first.client.endAsync();
    const second = raw(user, { clientId: 'phone', clean: false });
    expect(await second.sessionPresent).toBe(true);
    await second.client.endAsync();
    const third = raw(user, kept);
    expect(await third.sessionPresent).toBe(false);
    await third.client.endAsync();
  });

  it('is over when its time is: then its will is published, and it cannot be taken up again', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const watcher = await connect(witness, bob, { subscribe: own(bob, ['message']) });
    await using line = await BadLine.to({ port: stage.server.mqttPort });
    const session = { clientId: 'phone', clean: false, properties: { sessionExpiryInterval: 1 } };
    const will = {
      topic: outTopic(alice, 'message'),
      payload: Buffer.from(message(alice, bob, 'my session is over')),
      qos: 1 as const,
      retain: false,
      properties: { willDelayInterval: 600 },
    };
    const first = raw(alice, { ...session, port: line.port, will });
    await first.sessionPresent;
    await first.client.subscribeAsync(`skein/v1/${alice}/in/#`);
    line.cut();
    await come(watcher, 'message', 1);
    const second = raw(alice, session);
    expect(await second.sessionPresent).toBe(false);
    await second.client.endAsync();
  });

  it('N2 S5 a resumed session is told unread and feed without subscribing again', async () => {
    const bob = newUser();
    const session = { clientId: 'phone', keep: true };
    const before = await connect(witness, bob, { ...session, subscribe: own(bob, ['unread', 'feed'], 0) });
    await before.end();
    const after = await connect(witness, bob, session);
    const alice = await correspondent(bob);
    await alice.send(1);
    await comes(after, 'unread', ({ totalUnread }) => totalUnread === '1');
    await comes(after, 'feed', ({ conversation }) => conversation?.lastSeq === '1');
  });

  it('I3 O3 a client that connects again by itself loses and doubles nothing of what it sends meanwhile', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const receiver = await connect(witness, bob, { subscribe: own(bob, ['message']) });
    await using line = await BadLine.to({ port: stage.server.mqttPort });
    const { client } = raw(alice, { port: line.port, reconnectPeriod: 10, clean: false, clientId: 'tablet' });
    const count = 200;
    let stored = 0;
    for (let number = 1; number <= count; number += 1) {
      const payload = Buffer.from(message(alice, bob, String(number)));
      client.publish(outTopic(alice, 'message'), payload, { qos: 1 }, (error) => {
        if (!error) stored += 1;
        if (stored % 40 === 20) line.cut();
      });
    }
    await come(receiver, 'message', count);
    await until(() => stored === count, { what: () => `${count} to be stored; ${stored} were` });
    expect(got(receiver, 'message').map(({ seq, content }) => `${seq} ${content}`)).toEqual(
      Array.from({ length: count }, (_, index) => `${index + 1} ${index + 1}`),
    );
    await client.endAsync();
  });
});
