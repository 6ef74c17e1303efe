import { fromBinary } from '@bufbuild/protobuf';
import { directConversation, MessageSchema, noteConversation, serviceConversation } from '@skein/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, append, person, refused, stored } from './words.ts';
import { type Storage, World } from './world.ts';

const ann = person('1001');
const bob = person('1002');
const chat = directConversation(ann.userId, bob.userId);
const day = 24 * 3_600_000;

export function describeOrder(open: () => Storage): void {
  let world: World;
  beforeEach(async () => {
    world = await World.open(open());
  });
  afterEach(() => world.end());

  describe('order', () => {
    it('O1 numbers the entries of each conversation 1..n, in the order of the operations', async () => {
      const other = directConversation(ann.userId, '1003');
      const outcomes = await world.commit(
        append(ann, chat),
        append(ann, other),
        append(bob, chat),
        append(ann, chat),
      );
      expect(outcomes.map((outcome) => stored(outcome).entry.seq)).toEqual([1, 1, 2, 3]);
      expect((await world.send(bob, chat)).entry.seq).toBe(4);
      expect((await world.page(bob, chat)).entries.map((entry) => entry.seq)).toEqual([1, 2, 3, 4]);
    });

    it('O1 a refused operation takes no number', async () => {
      const outcomes = await world.commit(append(ann, chat), append(person('9'), chat), append(bob, chat));
      expect(refused(outcomes[1])).toBe('NOT_ALLOWED');
      expect(stored(outcomes[2]).entry.seq).toBe(2);
    });

    it('O2 numbers go on where they were after reopening and after a crash', async () => {
      await world.send(ann, chat);
      await world.reopen();
      expect((await world.send(ann, chat)).entry.seq).toBe(2);
      await world.crash();
      expect((await world.send(ann, chat)).entry.seq).toBe(3);
    });

    it('O6 a recall is an entry of its own; its target keeps its number and loses its content', async () => {
      await world.send(ann, chat, { text: 'secret', extend: '{"also":"secret"}' });
      const { entry } = await world.send(ann, chat, { type: 8, target: 1, text: '' });
      expect(entry.seq).toBe(2);
      const [target] = (await world.page(bob, chat)).entries;
      const message = fromBinary(MessageSchema, target!.delivered);
      expect([message.seq, message.content, message.extend]).toEqual(['1', '', '']);
    });

    it('O6 an edit points at its target, which stays as it was', async () => {
      await world.send(ann, chat, { text: 'first' });
      await world.send(ann, chat, { type: 9, target: 1, text: 'second' });
      const { entries } = await world.page(bob, chat);
      expect(entries.map((entry) => fromBinary(MessageSchema, entry.delivered).content)).toEqual([
        'first',
        'second',
      ]);
    });

    it('O6 refuses to amend what is not there, of another, recalled, too old, or beyond 2^53', async () => {
      expect(await world.refusal(ann, chat, { type: 8, target: 1 })).toBe('NOT_ALLOWED');
      await world.send(ann, chat);
      for (const target of [0, 2, Number.MAX_SAFE_INTEGER]) {
        expect(await world.refusal(ann, chat, { type: 8, target })).toBe('NOT_ALLOWED');
      }
      expect(await world.refusal(ann, chat, { type: 8 })).toBe('NOT_ALLOWED');
      expect(await world.refusal(bob, chat, { type: 8, target: 1 })).toBe('NOT_ALLOWED');
      await world.send(ann, chat, { type: 8, target: 1 });
      expect(await world.refusal(ann, chat, { type: 8, target: 1 })).toBe('NOT_ALLOWED');
      await world.send(ann, chat);
      world.now += 2 * 60_000 + 1;
      expect(await world.refusal(ann, chat, { type: 8, target: 3 })).toBe('NOT_ALLOWED');
      expect((await world.send(ann, chat, { type: 9, target: 3 })).entry.seq).toBe(4);
    });

    it('L4 ids grow while the clock jumps a day back and forth, across reopening and crash', async () => {
      const ids: bigint[] = [];
      for (const jump of [0, day, -day, -day, 0, day, 3 * day, -2 * day]) {
        world.now += jump;
        ids.push((await world.send(ann, chat)).entry.id);
        if (jump === -day) await world.reopen();
        if (jump === 3 * day) await world.crash();
      }
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => (a < b ? -1 : 1)));
      expect((await world.page(ann, chat)).entries.map((entry) => entry.id)).toEqual(ids);
    });

    it('L4 works with a clock that stands in 1970', async () => {
      world.now = 1;
      const first = await world.send(ann, chat);
      expect((await world.send(ann, chat)).entry.id).toBeGreaterThan(first.entry.id);
    });

    it('L4 a group made under a clock ahead does not lend its id to one made after a reopening', async () => {
      world.now += day;
      const first = await world.group(ann);
      world.now -= day;
      await world.reopen();
      await world.group(ann);
      world.now += day;
      expect(await world.group(ann)).not.toBe(first);
    });
  });

  describe('64-bit numbers', () => {
    const extremes = [1n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];

    it.each(extremes)('M4 keeps %d as a user id, wherever it stands', async (id) => {
      const peer = person('3');
      const user = person(id);
      const direct = directConversation(user.userId, peer.userId);
      await world.send(user, direct);
      await world.send(peer, direct);
      const group = await world.group(user, peer);
      await world.send(peer, group);
      await world.crash();
      const { entries } = await world.page(user, direct);
      expect(entries.map((entry) => entry.senderId)).toEqual([user.userId, peer.userId]);
      expect(fromBinary(MessageSchema, entries[0]!.delivered)).toMatchObject({
        senderId: user.userId,
        receiverId: peer.userId,
      });
      expect((await world.store.missed(user.userId, { id: 0n, version: 0 }, 9)).entries).toHaveLength(3);
      expect((await world.listed(user, direct))?.unread).toBe(1);
      await world.store.saveSessions([
        {
          userId: user.userId,
          clientId: 'a',
          filters: [],
          position: { id: 2n ** 63n - 1n, version: 2 ** 53 - 1 },
          endsAt: 5,
          sendsReceipts: true,
        },
      ]);
      const session = await world.store.loadSession(user.userId, 'a');
      expect(session).toMatchObject({ userId: user.userId, position: { id: 2n ** 63n - 1n } });
    });

    it.each(extremes)('M4 keeps %d as the id of an agent and of a customer', async (id) => {
      const helper = agent(id);
      const customer = person(id - 1n || 7n);
      await world.staff(helper);
      const service = serviceConversation(customer.userId, 0x7fff_ffff);
      await world.send(customer, service);
      await world.send(helper, noteConversation(customer.userId, 0x7fff_ffff));
      await world.crash();
      expect((await world.send(helper, service)).entry.senderId).toBe(helper.userId);
      expect((await world.page(customer, service)).entries).toHaveLength(2);
    });

    it.each(extremes)('M4 keeps %d as a client message id', async (key) => {
      const { entry } = await world.send(ann, chat, { key });
      const others = extremes.filter((other) => other !== key);
      for (const other of others) expect((await world.send(ann, chat, { key: other })).repeat).toBe(false);
      const again = await world.send(ann, chat, { key });
      expect([again.repeat, again.entry.seq, again.entry.id]).toEqual([true, 1, entry.id]);
      expect(fromBinary(MessageSchema, again.entry.delivered).clientMessageId).toBe(key.toString());
    });

    it('M4 takes any context_seq and receipt, up to 2^53 - 1, for the head at most', async () => {
      await world.send(bob, chat);
      const { senderRead } = await world.send(ann, chat, { context: Number.MAX_SAFE_INTEGER });
      expect(senderRead).toBe(1);
      const outcome = await world.read(bob, chat, Number.MAX_SAFE_INTEGER);
      expect(outcome).toMatchObject({ position: { delivered: 2, read: 2 }, changed: true });
    });
  });
}
