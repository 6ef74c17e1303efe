import { directConversation } from '@skein/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InboxPosition, SavedSession, Sender, StoredEntry } from '../store.ts';
import { append, person, raise, stored } from './words.ts';
import { type Storage, World } from './world.ts';

const ann = person('1001');
const bob = person('1002');
const carl = person('1003');
const chat = directConversation(ann.userId, bob.userId);
const start: InboxPosition = { id: 0n, version: 0 };

export function describeLists(open: () => Storage): void {
  let world: World;
  beforeEach(async () => {
    world = await World.open(open());
  });
  afterEach(() => world.end());

  describe('feeds', () => {
    const versionOf = async (user: Sender) => (await world.store.feed(user.userId, 0, 1)).version;

    it('S5 each change of what a member sees raises the version by one', async () => {
      await world.send(ann, chat);
      expect([await versionOf(ann), await versionOf(bob)]).toEqual([2, 2]);
      await world.commit(append(ann, chat), append(bob, chat));
      expect([await versionOf(ann), await versionOf(bob)]).toEqual([4, 4]);
      await world.read(bob, chat, 2);
      await world.read(bob, chat, 2);
      await world.commit(raise(bob, chat, 'delivered', 3));
      expect([await versionOf(ann), await versionOf(bob)]).toEqual([4, 5]);
      await world.group(ann, bob);
      expect([await versionOf(ann), await versionOf(bob)]).toEqual([5, 6]);
    });

    it('S5 what changed since any version is found, by version, in pages of any size', async () => {
      const peers = ['11', '12', '13', '14', '15'].map((id) => person(id));
      const withAnn = (peer: Sender) => directConversation(ann.userId, peer.userId);
      for (const peer of peers) await world.send(peer, withAnn(peer));
      const { version } = await world.store.feed(ann.userId, 0, 100);
      await world.send(ann, withAnn(peers[1]!));
      await world.read(ann, withAnn(peers[3]!), 1);
      await world.send(ann, withAnn(peers[0]!));
      for (const limit of [1, 2, 3, 50]) {
        expect(await changed(ann, version, limit)).toEqual([peers[1]!, peers[3]!, peers[0]!].map(withAnn));
        expect(await changed(ann, 0, limit)).toHaveLength(5);
      }
      await world.crash();
      // More may be told again, but nothing less.
      const told = await changed(ann, version, 2);
      expect(told).toEqual(expect.arrayContaining([peers[1]!, peers[3]!, peers[0]!].map(withAnn)));
    });

    const changed = async (user: Sender, since: number, limit: number) => {
      const found: string[] = [];
      for (let version = since; ; ) {
        const feed = await world.store.feed(user.userId, version, limit);
        expect(feed.changes.length).toBeLessThanOrEqual(limit);
        found.push(...feed.changes.map((change) => change.conversationId));
        if (!feed.more) return found;
        version = feed.changes.at(-1)!.version;
      }
    };

    it('S5 a version that was handed out is never handed out for less, whatever crashed', async () => {
      await world.send(ann, chat);
      await world.read(bob, chat, 1);
      await world.send(ann, directConversation(ann.userId, carl.userId));
      await world.read(ann, chat, 1);
      const group = await world.group(ann, bob, carl);
      await world.send(ann, group);
      await world.store.removeMembers(ann.userId, group, [ann.userId]);
      await world.send(bob, group);
      const users = [ann, bob, carl];
      const before = await Promise.all(users.map(versionOf));
      await world.crash();
      const after = await Promise.all(users.map(versionOf));
      expect(users.filter((_, i) => after[i]! < before[i]!)).toEqual([]);
      await world.send(bob, group);
      expect(await changed(bob, before[1]!, 10)).toContain(group);
    });

    it('S5 a summary says what stands last, and when', async () => {
      await world.send(ann, chat, { text: 'one' });
      world.now += 5000;
      const { entry } = await world.send(ann, chat, { text: 'two' });
      expect(await world.listed(bob, chat)).toMatchObject({
        lastSeq: 2,
        readSeq: 0,
        unread: 2,
        left: false,
        updateTime: world.now,
        lastEntry: { id: entry.id, seq: 2 },
      });
    });

    it('S5 a group that is deleted is told to all of its members', async () => {
      const group = await world.group(ann, bob, carl);
      await world.store.removeMembers(carl.userId, group, [carl.userId]);
      const people = [ann, bob, carl];
      const before = await Promise.all(people.map(versionOf));
      expect(await world.listed(bob, group)).toMatchObject({ closed: false });
      await world.store.deleteGroup(ann.userId, group);
      await world.crash();
      expect(await Promise.all(people.map(versionOf))).toEqual([before[0]! + 1, before[1]! + 1, before[2]]);
      expect(await changed(bob, before[1]!, 10)).toEqual([group]);
      expect(await world.listed(bob, group)).toMatchObject({ closed: true, left: false });
    });

    it('S5 a group without entries was last changed when it was made', async () => {
      const group = await world.group(ann, bob);
      expect(await world.listed(bob, group)).toMatchObject({ updateTime: world.now, lastEntry: undefined });
    });
  });

  describe('what was missed', () => {
    const missed = async (user: Sender, after: InboxPosition, limit: number) => {
      const found: StoredEntry[] = [];
      for (let position = after; ; ) {
        const page = await world.store.missed(user.userId, position, limit);
        expect(page.entries.length).toBeLessThanOrEqual(limit);
        found.push(...page.entries);
        position = page.position;
        if (!page.more) return { found: found.map((entry) => entry.id), position };
      }
    };

    it('S1 every entry of the user comes, in the order of storing, in pages of any size', async () => {
      const group = await world.group(ann, bob, carl);
      const rooms = [chat, group, directConversation(ann.userId, carl.userId)];
      const ids: bigint[] = [];
      for (let i = 0; i < 40; i++) ids.push((await world.send(ann, rooms[(i * i + (i >> 2)) % 3]!)).entry.id);
      for (const limit of [1, 3, 7, 39, 40, 41, 500]) {
        expect((await missed(ann, start, limit)).found).toEqual(ids);
        expect((await missed(ann, { id: ids[17]!, version: 0 }, limit)).found).toEqual(ids.slice(18));
      }
    });

    it('S1 goes on from where it ended, and ends when there is nothing', async () => {
      await world.send(ann, chat);
      const { position } = await missed(bob, start, 10);
      expect(position).toEqual(await world.store.inboxPosition(bob.userId));
      expect((await missed(bob, position, 10)).found).toEqual([]);
      const { entry } = await world.send(ann, chat);
      expect((await missed(bob, position, 10)).found).toEqual([entry.id]);
      await world.crash();
      expect((await missed(bob, position, 10)).found).toEqual([entry.id]);
    });

    it('S1 what comes while it is paged is not lost', async () => {
      const other = directConversation(bob.userId, carl.userId);
      for (let i = 0; i < 6; i++) await world.send(ann, chat);
      const first = await world.store.missed(bob.userId, start, 2);
      await world.send(carl, other);
      await world.read(bob, chat, 6);
      const rest = await missed(bob, first.position, 2);
      expect([...first.entries.map((entry) => entry.id), ...rest.found]).toHaveLength(7);
    });

    it('S1 is complete for who has many conversations and long silences between', async () => {
      const many = Array.from({ length: 30 }, (_, i) =>
        append(ann, directConversation(ann.userId, `${50 + i}`)),
      );
      const others = directConversation(bob.userId, carl.userId);
      const noise = Array.from({ length: 3_000 }, () => append(bob, others));
      const ids: bigint[] = [];
      for (const part of [many.slice(0, 20), many.slice(20), many.slice(5, 8)]) {
        for (const outcome of await world.commit(...part)) ids.push(stored(outcome).entry.id);
        for (let i = 0; i < 4; i++) await world.commit(...noise);
      }
      for (const limit of [1, 4, 100]) expect((await missed(ann, start, limit)).found).toEqual(ids);
    });

    it('N3 a group joined later shows what came after joining', async () => {
      const group = await world.group(ann, bob);
      await world.send(ann, group);
      await world.store.addMembers(ann, group, [carl.userId]);
      const { entry } = await world.send(ann, group);
      expect((await missed(carl, start, 10)).found).toEqual([entry.id]);
    });
  });

  describe('sessions', () => {
    const session: SavedSession = {
      userId: bob.userId,
      clientId: 'phone',
      filters: [
        { filter: 'skein/v1/1002/in/#', qos: 1 },
        { filter: 'skein/v1/1002/in/ack', qos: 0 },
      ],
      position: { id: 12n << 40n, version: 7 },
      endsAt: 5_000,
      sendsReceipts: true,
    };

    it('a saved session is loaded as it was, replaced by a later one, and gone when deleted', async () => {
      await world.store.saveSessions([session, { ...session, clientId: 'tab', sendsReceipts: false }]);
      await world.store.saveSessions([{ ...session, position: { id: 13n << 40n, version: 9 }, filters: [] }]);
      await world.crash();
      expect(await world.store.loadSession(bob.userId, 'phone')).toEqual({
        ...session,
        position: { id: 13n << 40n, version: 9 },
        filters: [],
      });
      expect(await world.store.loadSession(ann.userId, 'phone')).toBeUndefined();
      await world.store.deleteSession(bob.userId, 'phone');
      expect(await world.store.loadSession(bob.userId, 'phone')).toBeUndefined();
      expect(await world.store.loadSession(bob.userId, 'tab')).toMatchObject({ sendsReceipts: false });
    });

    it('expired sessions go, at most so many at once', async () => {
      const ends = [1, 2, 3, 10].map((endsAt) => ({ ...session, clientId: `c${endsAt}`, endsAt }));
      await world.store.saveSessions(ends);
      expect(await world.store.expireSessions(5, 2)).toBe(2);
      expect(await world.store.expireSessions(5, 2)).toBe(1);
      expect(await world.store.loadSession(bob.userId, 'c10')).toBeDefined();
    });

    it('L1 a saved position finds after a crash all that came after it', async () => {
      await world.send(ann, chat);
      await world.send(carl, directConversation(bob.userId, carl.userId));
      const position = await world.store.inboxPosition(bob.userId);
      await world.store.saveSessions([{ ...session, position }]);
      const { entry } = await world.send(ann, chat);
      await world.crash();
      const saved = await world.store.loadSession(bob.userId, 'phone');
      const page = await world.store.missed(bob.userId, saved!.position, 10);
      expect(page.entries.map((found) => found.id)).toEqual([entry.id]);
    });
  });
}
