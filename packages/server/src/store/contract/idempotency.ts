import { directConversation, serviceConversation } from '@skein/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { append, person, refused, stored, type Words } from './words.ts';
import { type Storage, World } from './world.ts';

const ann = person('1001');
const bob = person('1002');
const chat = directConversation(ann.userId, bob.userId);

export function describeIdempotency(open: () => Storage): void {
  describe('idempotency', () => {
    let world: World;
    beforeEach(async () => {
      world = await World.open(open());
    });
    afterEach(() => world.end());

    it('I1 a retry returns the first id and seq, and stores nothing', async () => {
      const first = await world.send(ann, chat, { key: 5n });
      await world.send(bob, chat);
      const retry = await world.send(ann, chat, { key: 5n });
      expect(retry).toMatchObject({ repeat: true, senderRead: undefined });
      expect([retry.entry.id, retry.entry.seq]).toEqual([first.entry.id, 1]);
      expect([...retry.members]).toEqual([]);
      expect((await world.page(ann, chat)).headSeq).toBe(2);
    });

    it('I1 holds within one batch', async () => {
      const outcomes = await world.commit(
        append(ann, chat, { key: 5n }),
        append(ann, chat, { key: 5n }),
        append(ann, chat, { key: 6n }),
        append(ann, chat, { key: 5n }),
      );
      expect(outcomes.map((outcome) => [stored(outcome).entry.seq, stored(outcome).repeat])).toEqual([
        [1, false],
        [1, true],
        [2, false],
        [1, true],
      ]);
    });

    it('I1 holds across reopening and crash', async () => {
      await world.send(ann, chat, { key: 5n });
      await world.reopen();
      expect((await world.send(ann, chat, { key: 5n })).repeat).toBe(true);
      await world.crash();
      expect((await world.send(ann, chat, { key: 5n })).repeat).toBe(true);
    });

    it('I1 a key belongs to its sender and its conversation', async () => {
      await world.send(ann, chat, { key: 5n });
      const outcomes = await world.commit(
        append(bob, chat, { key: 5n }),
        append(ann, directConversation(ann.userId, '1003'), { key: 5n }),
        append(ann, serviceConversation(ann.userId, 1), { key: 5n }),
      );
      expect(outcomes.map((outcome) => stored(outcome).repeat)).toEqual([false, false, false]);
    });

    it('I1 a send without a key, or with key 0, is stored every time', async () => {
      const outcomes = await world.commit(
        append(ann, chat, { key: 0n }),
        append(ann, chat, { key: 0n }),
        append(ann, chat),
        append(ann, chat),
      );
      expect(outcomes.map((outcome) => stored(outcome).entry.seq)).toEqual([1, 2, 3, 4]);
    });

    it('I1 a retry changes no position, no feed and nothing that is unread', async () => {
      await world.send(bob, chat);
      await world.send(ann, chat, { key: 5n });
      const before = await Promise.all([ann, bob].map((user) => world.store.feed(user.userId, 0, 10)));
      await world.send(ann, chat, { key: 5n, context: 1 });
      expect(await Promise.all([ann, bob].map((user) => world.store.feed(user.userId, 0, 10)))).toEqual(
        before,
      );
    });

    it.each<[string, Words]>([
      ['text', { text: 'other' }],
      ['message type', { type: 2 }],
      ['target', { target: 1 }],
      ['extend', { extend: '{}' }],
    ])('I2 refuses the same key with another %s, and the first stays', async (_, other) => {
      await world.send(ann, chat, { key: 5n });
      expect(await world.refusal(ann, chat, { key: 5n, ...other })).toBe('CONFLICT');
      expect((await world.send(ann, chat, { key: 5n })).entry.seq).toBe(1);
      expect((await world.page(ann, chat)).headSeq).toBe(1);
    });

    it('I2 refuses within one batch, and what follows goes on', async () => {
      const outcomes = await world.commit(
        append(ann, chat, { key: 5n }),
        append(ann, chat, { key: 5n, text: 'other' }),
        append(ann, chat, { key: 6n }),
      );
      expect(refused(outcomes[1])).toBe('CONFLICT');
      expect(stored(outcomes[2]).entry.seq).toBe(2);
    });

    it('I2 tells to_reply 0 from an absent one', async () => {
      const service = serviceConversation(ann.userId, 1);
      await world.send(ann, service, { key: 5n });
      expect(await world.refusal(ann, service, { key: 5n, toReply: 0 })).toBe('CONFLICT');
    });

    it('I3 a recall sent again after its window gets its first answer', async () => {
      await world.send(ann, chat);
      const recall: Words = { type: 8, target: 1, key: 9n };
      const { entry } = await world.send(ann, chat, recall);
      world.now += 3_600_000;
      const again = await world.send(ann, chat, recall);
      expect([again.repeat, again.entry.id]).toEqual([true, entry.id]);
      expect(await world.refusal(ann, chat, { ...recall, target: 2 })).toBe('CONFLICT');
    });

    it('I3 an entry sent again after it was recalled gets its first answer', async () => {
      await world.send(ann, chat, { key: 5n });
      await world.send(ann, chat, { type: 8, target: 1 });
      expect((await world.send(ann, chat, { key: 5n })).entry.seq).toBe(1);
    });

    it('I3 a send repeated after leaving, or after the group was deleted, gets its first answer', async () => {
      const group = await world.group(ann, bob);
      const first = await world.send(bob, group, { key: 5n });
      await world.send(ann, group, { key: 6n });
      await world.store.removeMembers(bob.userId, group, [bob.userId]);
      expect((await world.send(bob, group, { key: 5n })).entry.id).toBe(first.entry.id);
      expect(await world.refusal(bob, group, { key: 7n })).toBe('NOT_ALLOWED');
      expect(await world.store.deleteGroup(ann.userId, group)).toBeUndefined();
      expect((await world.send(ann, group, { key: 6n })).repeat).toBe(true);
      expect(await world.refusal(ann, group, { key: 7n })).toBe('CLOSED');
    });
  });
}
