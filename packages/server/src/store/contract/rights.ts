import { directConversation, limits, noteConversation, serviceConversation } from '@skein/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sender, StorePolicy } from '../store.ts';
import { agent, append, person, refused } from './words.ts';
import { type Storage, World } from './world.ts';

const ann = person('1001');
const bob = person('1002');
const carl = person('1003');
const helper = agent('21');
const chat = directConversation(ann.userId, bob.userId);

export function describeRights(open: () => Storage): void {
  let world: World;
  beforeEach(async () => {
    world = await World.open(open());
  });
  afterEach(() => world.end());

  describe('authority', () => {
    it('A2 unknown and forbidden are the same answer, in every call', async () => {
      await world.send(ann, chat);
      const group = await world.group(ann, bob);
      const answers = async (conversationId: string) => [
        await world.store.page(carl, conversationId, { limit: 10 }),
        await world.store.members(carl, conversationId),
        await world.store.search(carl, { text: 'hello', conversationId, limit: 10 }),
        (await world.commit({ ...readReceipt, userId: carl.userId, conversationId }))[0],
      ];
      const readReceipt = { type: 'raise', kind: 'read', seq: 1 } as const;
      const unknown = await answers('group:1');
      expect(unknown.map((answer) => refused(answer))).toEqual(Array(4).fill('NOT_ALLOWED'));
      expect(await answers(chat)).toEqual(unknown);
      expect(await answers(group)).toEqual(unknown);
      expect(await world.store.addMembers(carl, group, [carl.userId])).toEqual(
        await world.store.addMembers(carl, 'group:1', [carl.userId]),
      );
    });

    it("A2 nobody begins somebody else's direct conversation, group, case or notes", async () => {
      await world.staff(helper);
      const foreign = [
        directConversation(ann.userId, bob.userId),
        'group:77',
        serviceConversation(ann.userId, 1),
        noteConversation(ann.userId, 1),
      ];
      for (const conversationId of foreign) {
        expect(await world.refusal(carl, conversationId)).toBe('NOT_ALLOWED');
      }
      expect(await world.refusal(ann, noteConversation(ann.userId, 1))).toBe('NOT_ALLOWED');
    });

    it('A1 after leaving nothing committed later is to be seen', async () => {
      const group = await world.group(ann, bob);
      await world.send(ann, group, { text: 'before' });
      const position = await world.store.inboxPosition(bob.userId);
      await world.store.removeMembers(ann.userId, group, [bob.userId]);
      const left = await world.listed(bob, group);
      world.now += 60_000;
      const { members } = await world.send(ann, group, { text: 'after' });
      expect([...members]).toEqual([ann.userId]);
      expect(await world.listed(bob, group)).toEqual(left);
      expect((await world.store.missed(bob.userId, position, 10)).entries).toEqual([]);
      expect(refused(await world.store.page(bob, group, { limit: 10 }))).toBe('NOT_ALLOWED');
      expect(await world.store.search(bob, { text: 'e', limit: 10 })).toMatchObject({ entries: [] });
    });

    const openings: [StorePolicy['direct'], stranger: boolean, groupMate: boolean, agent: boolean][] = [
      ['everyone', true, true, true],
      ['common-group', false, true, true],
      ['agents', false, false, true],
    ];
    it.each(openings)('A5 who may begin a direct conversation: %s', async (direct, stranger, mate, staff) => {
      await world.end();
      world = await World.open(open(), { direct });
      await world.staff(helper);
      await world.group(helper, ann, bob);
      const begins = async (from = ann, to = ann) =>
        !('refused' in (await world.commit(sendTo(from, to)))[0]!);
      expect(await begins(ann, carl)).toBe(stranger);
      expect(await begins(ann, bob)).toBe(mate);
      expect(await begins(ann, helper)).toBe(staff);
      expect(await begins(helper, carl)).toBe(staff);
      expect(await begins(bob, ann)).toBe(mate);
    });

    it('A5 a group that one left, or that was deleted, is not common', async () => {
      await world.end();
      world = await World.open(open(), { direct: 'common-group' });
      const deleted = await world.group(helper, ann, bob, carl);
      await world.store.deleteGroup(helper.userId, deleted);
      const left = await world.group(helper, ann, bob);
      await world.store.removeMembers(bob.userId, left, [bob.userId]);
      expect(await world.refusal(ann, chat)).toBe('NOT_ALLOWED');
      expect(await world.refusal(ann, directConversation(ann.userId, carl.userId))).toBe('NOT_ALLOWED');
    });

    it.each(openings)('A5 a group is no way round: %s', async (direct, stranger, mate, staff) => {
      await world.end();
      world = await World.open(open(), { direct });
      await world.staff(helper);
      await world.group(helper, ann, bob);
      const makes = async (from: Sender, ...to: Sender[]) => {
        const ids = to.map((member) => member.userId);
        return !('refused' in (await world.store.createGroup(from, 'a group', ids)));
      };
      expect(await makes(ann, carl)).toBe(stranger);
      expect(await makes(ann, bob, carl)).toBe(stranger);
      expect(await makes(ann, bob)).toBe(mate);
      expect(await makes(ann, helper)).toBe(staff);
      const own = await world.group(ann, helper);
      const adds = async (by: Sender, group: string, who: Sender) =>
        !('refused' in (await world.store.addMembers(by, group, [who.userId])));
      expect(await adds(ann, own, carl)).toBe(stranger);
      expect(await adds(ann, own, bob)).toBe(mate);
      expect('refused' in (await world.commit(sendTo(ann, carl)))[0]!).toBe(!stranger);
      expect(await adds(helper, await world.group(helper, ann), carl)).toBe(true);
    });

    it('A5 what was refused left no group behind', async () => {
      await world.end();
      world = await World.open(open(), { direct: 'common-group' });
      expect(refused(await world.store.createGroup(ann, 'a group', [bob.userId]))).toBe('NOT_ALLOWED');
      expect((await world.store.feed(ann.userId, 0, 10)).changes).toEqual([]);
      expect((await world.store.feed(bob.userId, 0, 10)).changes).toEqual([]);
    });
  });

  describe('members of the service', () => {
    const service = serviceConversation(ann.userId, 1);
    const membersOf = async (conversationId: string, reader = helper) => {
      const members = await world.store.members(reader, conversationId);
      return 'members' in members ? members.members.map((member) => member.userId).sort() : [];
    };

    it('D0 a new case has its customer and everybody who serves, its notes only the latter', async () => {
      const admin = person('23', 'admin');
      await world.staff(helper, admin);
      await world.store.register(bob, undefined);
      const { members } = await world.send(ann, service);
      expect([...members].sort()).toEqual([ann.userId, '21', '23']);
      await world.send(helper, noteConversation(ann.userId, 1));
      expect(await membersOf(noteConversation(ann.userId, 1))).toEqual(['21', '23']);
    });

    it('D0 an agent becomes a member of all cases when registered first, and sees them whole', async () => {
      await world.send(ann, service);
      await world.send(bob, serviceConversation(bob.userId, 2));
      await world.staff(helper);
      expect(await membersOf(service)).toEqual([ann.userId, '21'].sort());
      expect((await world.page(helper, service)).entries).toHaveLength(1);
      expect(await world.listed(helper, service)).toMatchObject({
        unread: 0,
        reply: { waiting: { seq: 1 } },
      });
      const version = (await world.store.feed('21', 0, 10)).version;
      await world.store.register(helper, 'Ada');
      await world.crash();
      expect((await world.store.feed('21', 0, 10)).version).toBe(version);
      expect((await world.store.unread('21', 10)).totalUnreplied).toBe(2);
    });

    it('D0 who no longer serves leaves the cases, but not their own', async () => {
      await world.staff(helper);
      await world.send(ann, service);
      await world.send(helper, serviceConversation('21', 1));
      await world.store.register(person('21'), undefined);
      expect(await membersOf(service, ann)).toEqual([ann.userId]);
      expect(await membersOf(serviceConversation('21', 1), person('21'))).toEqual(['21']);
      expect(await world.listed(helper, service)).toMatchObject({ left: true, unread: 0 });
      await world.staff(helper);
      expect(await membersOf(service)).toEqual([ann.userId, '21'].sort());
    });
  });

  describe('groups', () => {
    it('only an owner adds and removes; anybody leaves', async () => {
      const group = await world.group(ann, bob);
      expect(refused(await world.store.addMembers(bob, group, [carl.userId]))).toBe('NOT_ALLOWED');
      expect(refused(await world.store.removeMembers(bob.userId, group, [ann.userId]))).toBe('NOT_ALLOWED');
      expect(refused((await world.store.deleteGroup(bob.userId, group))!)).toBe('NOT_ALLOWED');
      expect(await world.store.removeMembers(bob.userId, group, [bob.userId])).toMatchObject({
        members: [{ userId: ann.userId, owner: true }],
      });
    });

    it('when the last owner leaves, who has been a member longest owns it', async () => {
      const group = await world.group(ann, bob);
      await world.send(ann, group);
      await world.store.addMembers(ann, group, [carl.userId]);
      await world.store.removeMembers(ann.userId, group, [ann.userId]);
      await world.crash();
      const members = await world.store.members(bob, group);
      expect(members).toMatchObject({ members: [{ userId: bob.userId, owner: true }, { owner: false }] });
    });

    it('a deleted group can be read, and not be changed or written to', async () => {
      const group = await world.group(ann, bob);
      await world.send(ann, group);
      await world.store.deleteGroup(ann.userId, group);
      await world.reopen();
      expect((await world.page(bob, group)).entries).toHaveLength(1);
      expect(await world.refusal(ann, group)).toBe('CLOSED');
      expect(refused(await world.store.addMembers(ann, group, [carl.userId]))).toBe('CLOSED');
    });

    it('L2 holds at most so many at a time; those who left take no room', async () => {
      const others = (from: number, count: number) => Array.from({ length: count }, (_, i) => `${from + i}`);
      const group = await world.group(
        ann,
        ...others(5000, limits.maxGroupMembers - 1).map((id) => person(id)),
      );
      expect(refused(await world.store.addMembers(ann, group, ['9999']))).toBe('TOO_LARGE');
      await world.store.removeMembers(ann.userId, group, others(5000, 10));
      const members = await world.store.addMembers(ann, group, others(5005, 10));
      expect('members' in members && members.members.length).toBe(limits.maxGroupMembers - 5);
      expect('members' in (await world.store.addMembers(ann, group, others(6000, 5)))).toBe(true);
    });
  });
}

function sendTo(from: typeof ann, to: typeof ann) {
  return append(from, directConversation(from.userId, to.userId));
}
