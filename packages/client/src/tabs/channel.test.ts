import type { ConversationView, EntryView } from '@skein/sync';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinConversation, shareConversation } from './channel.ts';

const entries = Array.from({ length: 8 }, (_, i) => ({ seq: i + 1, content: `${i + 1}` }) as EntryView);

function viewOf(shown: readonly EntryView[]): ConversationView {
  const rest = { conversationId: 'dm:1:2', older: 'none', unread: shown.length, readSeq: 0 } as const;
  return { ...rest, sync: { name: 'current', seq: 8 }, entries: shown, members: [], typing: [] };
}

const someView = fc.array(fc.constantFrom(...entries), { maxLength: 8 }).map(viewOf);

test('a tab that follows a row of changes has what the leader has, with the same objects where nothing changed', () => {
  fc.assert(
    fc.property(fc.array(someView, { minLength: 1 }), (views) => {
      let leader: ConversationView | undefined;
      let follower: ConversationView | undefined;
      for (const view of views) {
        const before = follower;
        const shared = shareConversation(leader, view);
        follower = joinConversation(follower, structuredClone(shared));
        leader = view;
        expect(follower).toEqual(view);
        for (let i = 0; i < shared.kept; i++) expect(follower!.entries[i]).toBe(before!.entries[i]);
      }
    }),
  );
});

test('one more entry costs one entry', () => {
  expect(shareConversation(viewOf(entries.slice(0, 7)), viewOf(entries))).toMatchObject({
    kept: 7,
    between: [entries[7]],
  });
});

test('a tab that has missed a change notices', () => {
  const shared = shareConversation(viewOf(entries.slice(0, 7)), viewOf(entries));
  expect(joinConversation(viewOf(entries.slice(0, 6)), shared)).toBeUndefined();
  expect(joinConversation(undefined, shared)).toBeUndefined();
});
