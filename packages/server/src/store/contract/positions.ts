import { directConversation, noteConversation } from '@skein/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent, append, person, raise, refused } from './words.ts';
import { type Storage, World } from './world.ts';

const ann = person('1001');
const bob = person('1002');
const chat = directConversation(ann.userId, bob.userId);
const event = 7;
const recall = 8;
const unknownType = 42;

export function describePositions(open: () => Storage): void {
  let world: World;
  beforeEach(async () => {
    world = await World.open(open());
  });
  afterEach(() => world.end());

  const unreadOf = async (user = bob, conversationId = chat) =>
    (await world.listed(user, conversationId))?.unread;

  describe('receipts', () => {
    it('R1 positions only grow, and read implies delivered', async () => {
      for (let i = 0; i < 5; i++) await world.send(ann, chat);
      const steps: [kind: 'delivered' | 'read', seq: number, changed: boolean, position: [number, number]][] =
        [
          ['delivered', 2, true, [2, 0]],
          ['read', 1, true, [2, 1]],
          ['read', 3, true, [3, 3]],
          ['delivered', 1, false, [3, 3]],
          ['read', 2, false, [3, 3]],
          ['delivered', 99, true, [5, 3]],
          ['read', 99, true, [5, 5]],
        ];
      for (const [kind, seq, changed, [delivered, read]] of steps) {
        const [outcome] = await world.commit(raise(bob, chat, kind, seq));
        expect(outcome).toMatchObject({ changed, position: { delivered, read } });
      }
    });

    it('R1 positions survive a crash, with and without what is unread', async () => {
      for (let i = 0; i < 4; i++) await world.send(ann, chat);
      await world.commit(raise(bob, chat, 'delivered', 3), raise(bob, chat, 'read', 1));
      await world.send(ann, chat);
      await world.crash();
      const members = await world.store.members(ann, chat);
      expect(members).toMatchObject({ headSeq: 5 });
      expect('members' in members && members.members.find((m) => m.userId === bob.userId)).toMatchObject({
        delivered: 3,
        read: 1,
      });
      expect(await unreadOf()).toBe(4);
    });

    it('R1 a receipt for a conversation that one is no member of is refused (A2)', async () => {
      await world.send(ann, chat);
      const outcomes = await world.commit(
        raise(person('9'), chat, 'read', 1),
        raise(ann, directConversation('1', '2'), 'read', 1),
      );
      expect(outcomes.map((outcome) => refused(outcome))).toEqual(['NOT_ALLOWED', 'NOT_ALLOWED']);
    });

    it('R3 sending with context_seq c raises the read position to c, but never beyond the entry', async () => {
      for (let i = 0; i < 3; i++) await world.send(ann, chat);
      expect((await world.send(bob, chat, { context: 2 })).senderRead).toBe(2);
      expect(await unreadOf()).toBe(1);
      expect((await world.send(bob, chat, { context: 1 })).senderRead).toBeUndefined();
      expect((await world.send(bob, chat, { context: 77 })).senderRead).toBe(5);
      expect(await unreadOf()).toBe(0);
    });
  });

  describe('unread', () => {
    it('N1 counts the messages of others, also of types of a later version', async () => {
      await world.commit(append(ann, chat), append(ann, chat, { type: unknownType }), append(bob, chat));
      expect(await unreadOf(bob)).toBe(2);
      expect(await unreadOf(ann)).toBe(1);
    });

    it('N1 never counts events, recalls and edits', async () => {
      await world.send(ann, chat);
      await world.send(ann, chat, { type: event });
      await world.send(ann, chat, { type: 9, target: 1 });
      expect(await unreadOf()).toBe(1);
      await world.send(ann, chat, { type: recall, target: 1 });
      expect(await unreadOf()).toBe(0);
    });

    it('N1 a recall of what was read takes nothing away', async () => {
      await world.commit(append(ann, chat), append(ann, chat));
      await world.read(bob, chat, 1);
      await world.send(ann, chat, { type: recall, target: 1 });
      expect(await unreadOf()).toBe(1);
    });

    it('N1 never counts private notes', async () => {
      const [one, two] = [agent('21'), agent('22')];
      await world.staff(one, two);
      const notes = noteConversation(ann.userId, 1);
      await world.send(one, notes);
      expect(await unreadOf(two, notes)).toBe(0);
      expect(await world.store.unread(two.userId, 10)).toMatchObject({ totalUnread: 0, totalUnreplied: 0 });
      await world.crash();
      expect(await unreadOf(two, notes)).toBe(0);
    });

    it('N2 raising the position by any step leaves the count of a recount', async () => {
      const types = [1, event, 1, unknownType, 1, 1, event, 1, 1, 1];
      for (const type of types) await world.send(ann, chat, { type });
      await world.send(ann, chat, { type: recall, target: 5 });
      await world.send(ann, chat, { type: recall, target: 9 });
      const counted = (read: number) =>
        types.filter((type, i) => i + 1 > read && type !== event && ![5, 9].includes(i + 1)).length;
      for (const read of [1, 2, 4, 5, 8, 9, 12]) {
        await world.read(bob, chat, read);
        expect(await unreadOf()).toBe(counted(read));
      }
    });

    it('N2 a recall and a receipt in one batch, in either order, leave the right count', async () => {
      for (let i = 0; i < 4; i++) await world.send(ann, chat);
      await world.commit(
        append(ann, chat, { type: recall, target: 3 }),
        raise(bob, chat, 'read', 2),
        append(ann, chat, { type: recall, target: 4 }),
        append(ann, chat, { type: recall, target: 1 }),
      );
      expect(await unreadOf()).toBe(0);
      await world.crash();
      expect(await unreadOf()).toBe(0);
    });

    it('N2 holds for a group of several hundred', async () => {
      const members = Array.from({ length: 400 }, (_, i) => person(`${5000 + i}`));
      const group = await world.group(ann, ...members);
      await world.commit(append(ann, group), append(members[0]!, group), append(ann, group));
      await world.commit(...members.slice(0, 200).map((member) => raise(member, group, 'read', 2)));
      await world.crash();
      const counts = await Promise.all(members.map((member) => unreadOf(member, group)));
      expect(counts).toEqual(members.map((_, i) => (i < 200 ? 1 : 3)));
    });

    it('N3 who joins starts at the position of joining; a leaver has nothing unread, nor gets more', async () => {
      const group = await world.group(ann, bob);
      const carl = person('1003');
      await world.send(ann, group);
      await world.store.addMembers(ann, group, [carl.userId]);
      expect(await world.listed(carl, group)).toMatchObject({ unread: 0, readSeq: 1, lastEntry: undefined });
      await world.send(ann, group);
      expect(await unreadOf(carl, group)).toBe(1);
      expect(await unreadOf(bob, group)).toBe(2);

      await world.store.removeMembers(bob.userId, group, [bob.userId]);
      await world.send(ann, group);
      expect(await world.listed(bob, group)).toMatchObject({ left: true, unread: 0, lastSeq: 0 });

      await world.store.addMembers(ann, group, [bob.userId]);
      expect(await world.listed(bob, group)).toMatchObject({ left: false, unread: 0, readSeq: 3 });
      await world.send(ann, group);
      await world.crash();
      expect(await unreadOf(bob, group)).toBe(1);
      expect(await unreadOf(carl, group)).toBe(3);
    });

    it('N1 the totals are those of the conversations, the latest first', async () => {
      const others = ['1003', '1004', '1005'].map((id) => person(id));
      for (const other of others) {
        await world.send(other, directConversation(other.userId, bob.userId));
        await world.send(other, directConversation(other.userId, bob.userId));
      }
      await world.read(bob, directConversation('1004', bob.userId), 2);
      const statics = await world.store.unread(bob.userId, 10);
      expect(statics.totalUnread).toBe(4);
      expect(statics.conversations.map((c) => [c.conversationId, c.unread])).toEqual([
        [directConversation('1005', bob.userId), 2],
        [directConversation('1003', bob.userId), 2],
      ]);
      const short = await world.store.unread(bob.userId, 1);
      expect([short.totalUnread, short.conversations.length]).toEqual([4, 1]);
    });

    it('N1 a receipt in one conversation leaves the others in step', async () => {
      const other = directConversation(bob.userId, '1003');
      await world.send(person('1003'), other);
      await world.send(ann, chat);
      await world.read(bob, chat, 1);
      expect((await world.store.unread(bob.userId, 10)).totalUnread).toBe(1);
      expect((await world.store.missed(bob.userId, { id: 0n, version: 0 }, 10)).entries).toHaveLength(2);
      await world.crash();
      expect((await world.store.unread(bob.userId, 10)).totalUnread).toBe(1);
    });
  });
}
