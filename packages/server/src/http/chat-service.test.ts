import { Code, ConnectError } from '@connectrpc/connect';
import { type Entry, MessageType } from '@skein/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../store/store.ts';
import { TestServer } from './testing.ts';

const direct = 'dm:1001:1002';
let server: TestServer;

beforeEach(async () => {
  server = await new TestServer().start();
});

afterEach(() => server.stop());

const text = (entry: Entry) => entry.body.value?.content;

async function codeOf(call: Promise<unknown>): Promise<{ code: Code; refusal: string | null }> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectError)) throw new Error(`not refused: ${error}`);
  return { code: error.code, refusal: error.metadata.get('skein-refusal') };
}

const invalid = { code: Code.InvalidArgument, refusal: 'MALFORMED' };
const denied = { code: Code.PermissionDenied, refusal: 'NOT_ALLOWED' };

describe('messages', () => {
  beforeEach(async () => {
    for (let n = 1; n <= 7; n++) await server.send('1001', { user: '1002' }, `message ${n}`);
  });

  test('S1: a page is ascending without holes, and tells head, first entry and epoch', async () => {
    const mei = await server.as('1002');
    const newest = await mei.listMessages({ conversationId: direct, limit: 3 });
    expect(newest.entries.map(text)).toEqual(['message 5', 'message 6', 'message 7']);
    expect(newest).toMatchObject({ headSeq: '7', firstSeq: '1', epoch: server.store.epoch });
    const before = await mei.listMessages({ conversationId: direct, beforeSeq: '5', limit: 3 });
    expect(before.entries.map((entry) => entry.body.value?.seq)).toEqual(['2', '3', '4']);
    const after = await mei.listMessages({ conversationId: direct, afterSeq: '5' });
    expect(after.entries.map(text)).toEqual(['message 6', 'message 7']);
    const all = await mei.listMessages({ conversationId: direct, afterSeq: '0', limit: 1_000_000 });
    expect(all.entries).toHaveLength(7);
  });

  test('pages beyond either end are empty and tell the head', async () => {
    const mei = await server.as('1002');
    for (const range of [
      { afterSeq: '7' },
      { afterSeq: '18446744073709551615' },
      { beforeSeq: '1' },
      { beforeSeq: '0' },
    ]) {
      expect(await mei.listMessages({ conversationId: direct, ...range })).toMatchObject({
        entries: [],
        headSeq: '7',
      });
    }
  });

  test.each([
    ['no conversation', {}],
    ['an id with its users swapped', { conversationId: 'dm:1002:1001' }],
    ['a path', { conversationId: '../../etc/passwd' }],
    ['a long id', { conversationId: 'dm:'.repeat(10_000) }],
    ['both ends', { conversationId: direct, afterSeq: '1', beforeSeq: '3' }],
    ['no entries at all', { conversationId: direct, limit: 0 }],
  ])('asking with %s is invalid', async (_what, request) => {
    expect(await codeOf((await server.as('1001')).listMessages(request))).toEqual(invalid);
  });

  test('A2: a conversation of others and one that does not exist are the same answer', async () => {
    const stranger = await server.as('1003');
    const answers = await Promise.all(
      [direct, 'dm:5:6', 'group:77', 'cs:2001:1', 'note:2001:1'].map(async (conversationId) => {
        const answer = stranger.listMessages({ conversationId });
        return answer.catch(
          (error: ConnectError) => `${error.code} ${error.message} ${error.metadata.get('skein-refusal')}`,
        );
      }),
    );
    expect(new Set(answers).size).toBe(1);
    expect(await codeOf(stranger.getPositions({ conversationId: direct }))).toEqual(denied);
    expect(await codeOf(stranger.markRead({ conversationId: direct }))).toEqual(denied);
    expect(await codeOf(stranger.listMembers({ conversationId: direct }))).toEqual(denied);
    expect(await codeOf(stranger.getEntryReceipts({ conversationId: direct, seq: '1' }))).toEqual(denied);
    expect(await codeOf(stranger.search({ text: 'message', conversationId: direct }))).toEqual(denied);
    expect((await stranger.search({ text: 'message' })).entries).toEqual([]);
  });

  test('search finds the newest first, and says where to go on', async () => {
    const lin = await server.as('1001');
    const first = await lin.search({ text: 'MESSAGE', limit: 4 });
    expect(first.entries.map(text)).toEqual(['message 7', 'message 6', 'message 5', 'message 4']);
    expect(first.more).toBe(true);
    const rest = await lin.search({
      text: 'message',
      beforeMessageId: first.nextBeforeMessageId!,
      conversationId: direct,
    });
    expect(rest.entries.map(text)).toEqual(['message 3', 'message 2', 'message 1']);
    expect(rest.more).toBe(false);
    expect(await codeOf(lin.search({ text: 'm' }))).toEqual(invalid);
    expect(await codeOf(lin.search({ text: 'm'.repeat(201) }))).toEqual(invalid);
  });
});

describe('positions and lists', () => {
  beforeEach(async () => {
    for (let n = 1; n <= 3; n++) await server.send('1001', { user: '1002' }, `message ${n}`);
  });

  test('R1, N2: marking as read answers the position and what is left, and never goes back', async () => {
    const mei = await server.as('1002');
    expect(await mei.markRead({ conversationId: direct, seq: '2' })).toMatchObject({
      readSeq: '2',
      unread: '1',
    });
    expect(await mei.markRead({ conversationId: direct, seq: '1' })).toMatchObject({
      readSeq: '2',
      unread: '1',
    });
    const { statics } = await mei.getUnread({});
    expect(statics).toMatchObject({ userId: '1002', totalUnread: '1', totalUnreplied: '0' });
    expect(statics?.conversations).toMatchObject([
      { conversationId: direct, unread: '1', lastSeq: '3', readSeq: '2' },
    ]);
    expect(await mei.markRead({ conversationId: direct })).toMatchObject({ readSeq: '3', unread: '0' });
    const { members } = await (await server.as('1001')).getPositions({ conversationId: direct });
    expect(members.find((member) => member.userId === '1002')).toMatchObject({
      deliveredSeq: '3',
      readSeq: '3',
    });
  });

  test('N2: what is left unread is right also in the last of many conversations', async () => {
    for (let other = 2000; other < 2102; other++) await server.send(String(other), { user: '1002' }, 'hi');
    const mei = await server.as('1002');
    await mei.markRead({ conversationId: direct, seq: '1' });
    for (let other = 2000; other < 2102; other++) await server.send(String(other), { user: '1002' }, 'hi');
    expect(await mei.markRead({ conversationId: direct, seq: '1' })).toMatchObject({
      readSeq: '1',
      unread: '2',
    });
  });

  test('S5: conversations are listed by version, and after a version only what changed', async () => {
    const mei = await server.as('1002');
    await server.send('1003', { user: '1002' }, 'hello');
    const all = await mei.listConversations({});
    expect(all.conversations.map((state) => state.conversationId)).toEqual([direct, 'dm:1002:1003']);
    expect(all.conversations[0]).toMatchObject({ lastSeq: '3', readSeq: '0', unread: '3', unreplied: false });
    expect(all.conversations[0]?.lastEntry?.body.value?.content).toBe('message 3');
    expect(all).toMatchObject({ more: false, epoch: server.store.epoch });
    await server.send('1001', { user: '1002' }, 'again');
    const changed = await mei.listConversations({ sinceVersion: all.feedVersion! });
    expect(changed.conversations.map((state) => state.conversationId)).toEqual([direct]);
    const first = await mei.listConversations({ limit: 1 });
    expect(first).toMatchObject({ more: true, conversations: [{ conversationId: 'dm:1002:1003' }] });
    expect(await codeOf(mei.listConversations({ limit: 0 }))).toEqual(invalid);
  });

  test('R4: of an entry it is told who has and who has read it', async () => {
    const lin = await server.as('1001');
    const receipts = (seq: string) => lin.getEntryReceipts({ conversationId: direct, seq });
    expect(await receipts('2')).toMatchObject({
      pending: ['1002'],
      deliveredTo: [],
      readBy: [],
      headSeq: '3',
    });
    await (await server.as('1002')).markRead({ conversationId: direct, seq: '2' });
    expect(await receipts('2')).toMatchObject({ pending: [], deliveredTo: ['1002'], readBy: ['1002'] });
    expect(await receipts('3')).toMatchObject({ pending: ['1002'] });
    for (const seq of ['0', '4', '18446744073709551615'])
      expect(await codeOf(receipts(seq))).toEqual(invalid);
  });

  test("D0: an agent who calls for the first time is a member of the service's conversations", async () => {
    await server.ask('2001', 1, 'where is my parcel?');
    const agent = await server.as('9001', 'agent', 'Sam');
    const { conversations } = await agent.listConversations({});
    expect(conversations).toMatchObject([{ conversationId: 'cs:2001:1', unreplied: true, lastSeq: '1' }]);
    expect(conversations[0]?.waitingSince).toBe(conversations[0]?.updateTime);
    const { entries } = await agent.listMessages({ conversationId: 'cs:2001:1' });
    expect(entries[0]?.body).toMatchObject({
      case: 'service',
      value: { content: 'where is my parcel?', seq: '1' },
    });
    const stranger = await server.as('2002');
    expect(await codeOf(stranger.listMessages({ conversationId: 'cs:2001:1' }))).toEqual(denied);
  });
});

test("a caller is known by the token's name, also when the store was told of another in between", async () => {
  const lin = await server.as('1001', 'customer', 'Lin');
  const { conversationId = '' } = await lin.createGroup({ name: 'Trip', memberIds: [] });
  await server.store.register({ userId: '1001', role: 'customer' }, 'Lin Lin');
  expect((await lin.listMembers({ conversationId })).members).toMatchObject([{ name: 'Lin' }]);
});

describe('groups', () => {
  test('a group is made, read, changed by its owner only, and deleted', async () => {
    const lin = await server.as('1001', 'customer', 'Lin');
    const mei = await server.as('1002', 'customer', 'Mei');
    await mei.getUnread({});
    const { conversationId = '', groupId } = await lin.createGroup({
      name: ' Trip ',
      memberIds: ['1002', '1002', '1001'],
    });
    expect(conversationId).toBe(`group:${groupId}`);
    expect(server.changed).toEqual(new Set(['1001', '1002']));
    const { members, name } = await mei.listMembers({ conversationId });
    expect(name).toBe('Trip');
    expect(members).toMatchObject([
      { userId: '1001', name: 'Lin', owner: true },
      { userId: '1002', name: 'Mei', owner: false },
    ]);

    expect(await codeOf(mei.addMembers({ conversationId, userIds: ['1003'] }))).toEqual(denied);
    expect(await codeOf(mei.deleteGroup({ conversationId }))).toEqual(denied);
    await server.send('1001', { conversation: conversationId }, 'before');
    server.changed.clear();
    expect((await lin.addMembers({ conversationId, userIds: ['1003'] })).members).toHaveLength(3);
    expect(server.changed).toContain('1003');
    const joined = await (await server.as('1003')).listMessages({ conversationId });
    expect(joined).toMatchObject({ entries: [], firstSeq: '2', headSeq: '1' });

    server.changed.clear();
    await mei.removeMembers({ conversationId, userIds: ['1002'] });
    expect(server.changed).toContain('1002');
    expect(await codeOf(mei.listMessages({ conversationId }))).toEqual(denied);

    const { feedVersion } = await lin.listConversations({});
    await lin.deleteGroup({ conversationId });
    expect((await lin.listConversations({ sinceVersion: feedVersion })).conversations).toMatchObject([
      { conversationId, closed: true },
    ]);
    expect(await codeOf(lin.addMembers({ conversationId, userIds: ['1004'] }))).toEqual({
      code: Code.FailedPrecondition,
      refusal: 'CLOSED',
    });
  });

  test.each([
    ['without a name', { memberIds: ['1002'] }],
    ['with a name of blanks', { name: '  ', memberIds: ['1002'] }],
    ['with a long name', { name: 'x'.repeat(201), memberIds: [] }],
    ['with user 0', { name: 'x', memberIds: ['0'] }],
    ['of more than 500', { name: 'x', memberIds: Array.from({ length: 500 }, (_, n) => String(n + 5_000)) }],
  ])('a group %s is invalid', async (_what, request) => {
    expect(await codeOf((await server.as('1001')).createGroup(request))).toEqual(invalid);
  });

  test('a call for groups with another conversation is invalid', async () => {
    await server.send('1001', { user: '1002' }, 'hi');
    const lin = await server.as('1001');
    expect(await codeOf(lin.addMembers({ conversationId: direct, userIds: ['1003'] }))).toEqual(invalid);
    expect(await codeOf(lin.removeMembers({ conversationId: direct, userIds: ['1002'] }))).toEqual(invalid);
    expect(await codeOf(lin.deleteGroup({ conversationId: direct }))).toEqual(invalid);
  });
});

test('a recalled entry is listed in its place (O6)', async () => {
  const seq = await server.send('1001', { user: '1002' }, 'oops', { messageType: MessageType.TEXT });
  await server.send('1001', { user: '1002' }, '', {
    messageType: MessageType.RECALL,
    targetSeq: String(seq),
  });
  const { entries } = await (await server.as('1002')).listMessages({ conversationId: direct });
  expect(entries.map((entry) => entry.body.value?.messageType)).toEqual([
    MessageType.TEXT,
    MessageType.RECALL,
  ]);
});

describe('a failure of ours', () => {
  test('L3: a store that is away is UNAVAILABLE, also for the first call of a user', async () => {
    const away = () => Promise.reject(new StoreUnavailable('gone'));
    for (const store of [{ page: away }, { register: away }]) {
      const broken = await new TestServer({ store }).start();
      const call = (await broken.as('1001')).listMessages({ conversationId: direct });
      expect(await codeOf(call)).toEqual({ code: Code.Unavailable, refusal: 'UNAVAILABLE' });
      expect(broken.logged).toEqual([]);
      await broken.stop();
    }
  });

  test('a bug is told to the log, and to the caller only that there was one', async () => {
    const store = { page: () => Promise.reject(new TypeError('bug 17')) };
    const broken = await new TestServer({ store }).start();
    const error: ConnectError = await (await broken.as('1001')).listMessages({ conversationId: direct }).then(
      () => Promise.reject(new Error('not refused')),
      (reason) => reason,
    );
    expect(error.code).toBe(Code.Internal);
    expect(error.message).not.toContain('bug 17');
    expect(broken.logged.join()).toContain('bug 17');
    await broken.stop();
  });
});
