import { directConversation, isRefusal, serviceConversation } from '@skein/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SearchQuery, Sender, StoredEntry } from '../store.ts';
import { agent, append, person } from './words.ts';
import { type Storage, World } from './world.ts';

const ann = person('1001');
const bob = person('1002');
const chat = directConversation(ann.userId, bob.userId);

export function describeReading(open: () => Storage): void {
  let world: World;
  beforeEach(async () => {
    world = await World.open(open());
  });
  afterEach(() => world.end());

  describe('pages', () => {
    const seqs = async (range: object, reader = ann, conversationId = chat) =>
      (await world.page(reader, conversationId, range)).entries.map((entry) => entry.seq);

    it('O1 a page is ascending and without holes, from either side', async () => {
      await world.commit(...Array.from({ length: 10 }, () => append(ann, chat)));
      expect(await seqs({ limit: 3 })).toEqual([8, 9, 10]);
      expect(await seqs({ beforeSeq: 8, limit: 3 })).toEqual([5, 6, 7]);
      expect(await seqs({ beforeSeq: 2, limit: 3 })).toEqual([1]);
      expect(await seqs({ beforeSeq: 1, limit: 3 })).toEqual([]);
      expect(await seqs({ afterSeq: 0, limit: 3 })).toEqual([1, 2, 3]);
      expect(await seqs({ afterSeq: 8, limit: 3 })).toEqual([9, 10]);
      expect(await seqs({ afterSeq: 10, limit: 3 })).toEqual([]);
      expect(await seqs({ afterSeq: Number.MAX_SAFE_INTEGER, limit: 3 })).toEqual([]);
      expect(await seqs({ beforeSeq: Number.MAX_SAFE_INTEGER, limit: 2 })).toEqual([9, 10]);
    });

    it('N3 who joined a group sees nothing from before', async () => {
      const group = await world.group(ann);
      await world.commit(append(ann, group), append(ann, group));
      await world.store.addMembers(ann, group, [bob.userId]);
      await world.send(ann, group);
      expect(await world.page(bob, group)).toMatchObject({ headSeq: 3, firstSeq: 3 });
      expect(await seqs({}, bob, group)).toEqual([3]);
      expect(await seqs({ afterSeq: 0, limit: 1 }, bob, group)).toEqual([3]);
      expect(await seqs({ beforeSeq: 3 }, bob, group)).toEqual([]);
    });
  });

  describe('search', () => {
    const search = async (reader: Sender, query: Omit<SearchQuery, 'limit'>, limit: number) => {
      const found: StoredEntry[] = [];
      for (let beforeId = query.beforeId; ; ) {
        const page = await world.store.search(reader, {
          ...query,
          limit,
          ...(beforeId !== undefined && { beforeId }),
        });
        if (isRefusal(page)) throw new Error(page.reason);
        expect(page.entries.length).toBeLessThanOrEqual(limit);
        found.push(...page.entries);
        beforeId = page.nextBeforeId;
        if (beforeId === undefined) return found.map((entry) => entry.id);
      }
    };

    it('finds text in any case, the newest first, in pages of any size, with holes between', async () => {
      const other = directConversation(bob.userId, '1003');
      const ids: bigint[] = [];
      for (let i = 0; i < 30; i++) {
        const text = i % 3 === 0 ? `The Needle ${i}` : `hay ${i}`;
        const { entry } = await world.send(bob, i % 2 ? chat : other, { text });
        if (i % 3 === 0) ids.unshift(entry.id);
      }
      for (const limit of [1, 2, 50]) {
        expect(await search(bob, { text: 'needle' }, limit)).toEqual(ids);
        expect(await search(bob, { text: 'needle', conversationId: chat }, limit)).toHaveLength(5);
        expect(await search(ann, { text: 'NEEDLE' }, limit)).toHaveLength(5);
        expect(await search(bob, { text: 'absent' }, limit)).toEqual([]);
      }
    });

    it('finds what lies deeper than one look reaches', async () => {
      const { entry } = await world.send(ann, chat, { text: 'needle' });
      for (let i = 0; i < 6; i++) {
        await world.commit(...Array.from({ length: 500 }, () => append(bob, chat)));
      }
      expect(await search(ann, { text: 'needle' }, 10)).toEqual([entry.id]);
      expect(await search(bob, { text: 'needle', conversationId: chat }, 10)).toEqual([entry.id]);
    });

    it('finds what lies below many entries from before one joined', async () => {
      const { entry } = await world.send(bob, chat, { text: 'needle' });
      const group = await world.group(ann);
      for (let i = 0; i < 5; i++) {
        await world.commit(...Array.from({ length: 500 }, () => append(ann, group)));
      }
      await world.store.addMembers(ann, group, [bob.userId]);
      expect(await search(bob, { text: 'needle' }, 10)).toEqual([entry.id]);
    });

    it('O6 does not find what was recalled', async () => {
      await world.send(ann, chat, { text: 'needle' });
      await world.send(ann, chat, { type: 8, target: 1, text: '' });
      expect(await search(bob, { text: 'needle' }, 10)).toEqual([]);
    });

    it('A1 finds only what the reader may see', async () => {
      const group = await world.group(ann);
      await world.send(ann, group, { text: 'needle' });
      await world.store.addMembers(ann, group, [bob.userId]);
      await world.send(ann, serviceConversation(ann.userId, 1), { text: 'needle' });
      expect(await search(bob, { text: 'needle' }, 10)).toEqual([]);
      expect(await search(bob, { text: 'needle', conversationId: group }, 10)).toEqual([]);
      const helper = agent('21');
      await world.staff(helper);
      expect(await search(helper, { text: 'needle' }, 10)).toHaveLength(1);
    });
  });
}
