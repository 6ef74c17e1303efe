import { ChatService, outTopic, ServiceType } from '@skein/protocol';
import { Random, until } from '@skein/testkit';
import { describe, expect, it } from 'vitest';
import { type Caller, call } from './calls.ts';
import type { Client, ClientKind } from './clients/client.ts';
import { mqttJs } from './clients/mqttjs.ts';
import { paho } from './clients/paho.ts';
import { got, message, newKey, own, serviceMessage } from './payloads.ts';
import { newUser } from './people.ts';
import { openStage } from './stage.ts';

const stage = openStage({ env: { SKEIN_LIMITS_SENDS_PER_10S: '0' } });
const { connect, caller } = stage;

const kinds = [
  paho,
  mqttJs('3.1.1', 'WebSocket'),
  mqttJs('5', 'WebSocket'),
  mqttJs('3.1.1', 'TCP'),
  mqttJs('5', 'TCP'),
];
const peopleCount = 10;
const devicesEach = 3;
const sendsEach = 30;

interface Device {
  readonly name: string;
  readonly user: string;
  readonly client: Client;
  /** How wrong its clock is. */
  readonly clockMs: number;
}

interface Room {
  readonly conversationId: string;
  readonly members: readonly string[];
  readonly topic: 'message' | 'service';
  encode(from: string, content: string, key: string, clock: string): Uint8Array;
}

/** One send as its device saw it: ticks of one counter for all. */
interface Send {
  readonly conversationId: string;
  readonly device: string;
  readonly key: string;
  readonly begun: number;
  acknowledged: number;
}

/** What a device knows: what came, and what it was told of its user's own sends. */
function view(device: Device, { conversationId }: Room): Map<number, string> {
  const known = new Map<number, string>();
  const learn = (seq: string, messageId: string) => {
    expect(known.get(Number(seq)) ?? messageId, `${device.name} at ${seq}`).toBe(messageId);
    known.set(Number(seq), messageId);
  };
  for (const name of ['message', 'service'] as const) {
    const entries = got(device.client, name).filter((entry) => entry.conversationId === conversationId);
    const seqs = entries.map(({ seq }) => Number(seq));
    expect(seqs, `${device.name}, live`).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    for (const { seq, messageId } of entries) learn(seq, messageId);
  }
  for (const ack of got(device.client, 'ack')) {
    expect(ack.code).toBe(0);
    if (ack.conversationId === conversationId) learn(ack.seq, ack.messageId);
  }
  return known;
}

describe('thirty clients of others send at once, their clocks hours apart', () => {
  it('O1 O2 O3 O4 O5 all see one and the same order, without holes, equal to the history', async () => {
    const random = new Random(20_240_607);
    const people = Array.from({ length: peopleCount }, () => newUser());
    const agents = new Set(people.slice(0, 3));
    const roleOf = (user: string) => (agents.has(user) ? 'agent' : 'customer');
    const devices: Device[] = await Promise.all(
      people.flatMap((user) =>
        Array.from({ length: devicesEach }, async (_, index) => {
          const kind = random.pick<ClientKind>(kinds);
          const role = roleOf(user);
          const subscribe = own(user, ['message', 'service', 'ack']);
          const clockMs = random.integer(-12, 12) * 3_600_000;
          const name = `${user}/${index} (${kind.client} ${kind.version})`;
          return { name, user, clockMs, client: await connect(kind, user, { role, subscribe }) };
        }),
      ),
    );
    const rooms = await roomsOf(people, [...agents]);

    const sends: Send[] = [];
    let tick = 0;
    await Promise.all(
      devices.map(async (device) => {
        const { user, client, clockMs } = device;
        const mine = rooms.filter(({ members }) => members.includes(user));
        const underway: Promise<unknown>[] = [];
        for (let number = 1; number <= sendsEach; number += 1) {
          const room = random.pick(mine);
          const key = newKey();
          tick += 1;
          const { conversationId } = room;
          const send: Send = { conversationId, device: device.name, key, begun: tick, acknowledged: 0 };
          sends.push(send);
          const clock = String(Date.now() + clockMs);
          const payload = room.encode(user, `${number}`, key, clock);
          const done = client.publish(outTopic(user, room.topic), payload, 1).then(() => {
            tick += 1;
            send.acknowledged = tick;
          });
          underway.push(done);
          if (random.chance(0.3)) await done;
        }
        await Promise.all(underway);
      }),
    );

    expect(sends).toHaveLength(devices.length * sendsEach);
    for (const room of rooms) {
      const history = await historyOf(room, caller(room.members[0]!, roleOf(room.members[0]!)));
      const ids = new Map(history.map(({ seq, messageId }) => [Number(seq), messageId]));
      const here = sends.filter(({ conversationId }) => conversationId === room.conversationId);
      const count = here.length + (room.topic === 'service' ? 1 : 0);
      expect([...ids.keys()]).toEqual(Array.from({ length: count }, (_, index) => index + 1));
      for (const device of devices.filter(({ user }) => room.members.includes(user))) {
        await until(() => view(device, room).size >= ids.size, {
          changes: device.client.changes,
          what: () => `${ids.size} entries on ${device.name}; it has ${view(device, room).size}`,
        });
        expect(new Map([...view(device, room)].sort(([a], [b]) => a - b))).toEqual(ids);
      }
      checkSendingOrder(
        here,
        new Map(history.map(({ clientMessageId, seq }) => [clientMessageId, Number(seq)])),
      );
      checkTimes(history);
    }
  });
});

/** Direct conversations around a circle, two groups, and three customers' service. */
async function roomsOf(people: readonly string[], agents: readonly string[]): Promise<Room[]> {
  const direct = people.map((user, index): Room => {
    const [a, b] = [user, people[(index + 1) % people.length]!].sort((x, y) => Number(x) - Number(y));
    return {
      conversationId: `dm:${a}:${b}`,
      members: [a!, b!],
      topic: 'message',
      encode: (from, content, key, createTime) =>
        message(from, from === a ? b! : a!, content, { messageId: key, createTime }),
    };
  });
  const groups = await Promise.all(
    [people, people.slice(2, 7)].map(async (members): Promise<Room> => {
      const owner = members[0]!;
      const { groupId, conversationId } = await call(
        caller(owner, agents.includes(owner) ? 'agent' : 'customer'),
        ChatService.method.createGroup,
        { name: 'Everybody', memberIds: [...members] },
      );
      return {
        conversationId,
        members,
        topic: 'message',
        encode: (from, content, key, createTime) =>
          message(from, groupId, content, { messageId: key, conversationId, createTime }),
      };
    }),
  );
  const service = people.slice(-3).map(
    (customer): Room => ({
      conversationId: `cs:${customer}:${ServiceType.PRESALE}`,
      members: [customer, ...agents],
      topic: 'service',
      encode: (_, content, key, createDate) =>
        serviceMessage(customer, content, { messageId: key, createDate }),
    }),
  );
  // A customer begins the conversation, so that agents can write to it.
  for (const { members, encode } of service) {
    const [customer] = members;
    const client = await connect(kinds[0]!, customer!);
    await client.publish(outTopic(customer!, 'service'), encode(customer!, 'first', newKey(), '1'), 1);
  }
  return [...direct, ...groups, ...service];
}

interface Numbered {
  readonly seq: string;
  readonly messageId: string;
  readonly clientMessageId: string;
  readonly clientTime: string;
  readonly time: number;
}

async function historyOf({ conversationId }: Room, reader: Caller): Promise<Numbered[]> {
  const history: Numbered[] = [];
  for (;;) {
    const { entries, headSeq } = await call(reader, ChatService.method.listMessages, {
      conversationId,
      afterSeq: String(history.length),
      limit: 100,
    });
    for (const { body } of entries) {
      if (body.case === undefined) throw new Error('an entry without a body');
      const time = Number(body.case === 'message' ? body.value.createTime : body.value.createDate);
      const { seq, messageId, clientMessageId, clientTime } = body.value;
      history.push({ seq, messageId, clientMessageId, clientTime, time });
    }
    if (history.length >= Number(headSeq)) return history;
  }
}

/** O3: what was acknowledged before another began has the smaller number, and a device's sends keep their order. */
function checkSendingOrder(sends: readonly Send[], seqs: ReadonlyMap<string, number>): void {
  for (const send of sends) {
    for (const other of sends) {
      const before =
        send.device === other.device ? send.begun < other.begun : send.acknowledged < other.begun;
      if (before)
        expect(seqs.get(send.key), `${send.key} before ${other.key}`).toBeLessThan(seqs.get(other.key)!);
    }
  }
}

/** O5: times are the server's, and go with the numbers; the client's own is kept beside. */
function checkTimes(history: readonly Numbered[]): void {
  const times = history.map(({ time }) => time);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  for (const { time } of history) expect(Math.abs(time - Date.now())).toBeLessThan(60_000);
}
