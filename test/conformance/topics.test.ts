import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ChatService, outTopic, ReceiptSchema, TypingSchema } from '@skein/protocol';
import { until } from '@skein/testkit';
import { describe, expect, it } from 'vitest';
import { call } from './calls.ts';
import { mqttJs } from './clients/mqttjs.ts';
import { paho } from './clients/paho.ts';
import { come, comes, got, message, own } from './payloads.ts';
import { newUser } from './people.ts';
import { openStage } from './stage.ts';

const stage = openStage();
const { connect, caller } = stage;

const receipt = (fields: MessageInitShape<typeof ReceiptSchema>) =>
  toBinary(ReceiptSchema, create(ReceiptSchema, fields));
const typing = (fields: MessageInitShape<typeof TypingSchema>) =>
  toBinary(TypingSchema, create(TypingSchema, fields));

const dm = (a: string, b: string) => `dm:${a}:${b}`;

describe.each([paho, mqttJs('3.1.1', 'TCP'), mqttJs('5', 'WebSocket')])('$client, MQTT $version', (kind) => {
  it('R1 R2 M14 its PUBACK counts as delivered, and the sender and the other devices hear of it', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const sender = await connect(kind, alice, { subscribe: own(alice, ['receipt'], 0) });
    const receiver = await connect(kind, bob, { subscribe: own(bob, ['message']) });
    const other = await connect(kind, bob, { subscribe: own(bob, ['receipt'], 0) });
    await sender.publish(outTopic(alice, 'message'), message(alice, bob, 'ping'), 1);
    const conversationId = dm(alice, bob);
    const expected = { conversationId, userId: bob, kind: 1, seq: '1' };
    expect(await comes(sender, 'receipt')).toMatchObject(expected);
    expect(await comes(other, 'receipt')).toMatchObject(expected);
    expect(got(receiver, 'message')).toHaveLength(1);
    const { members } = await call(caller(alice), ChatService.method.getPositions, { conversationId });
    expect(members).toMatchObject([{ userId: alice }, { userId: bob, deliveredSeq: '1', readSeq: '0' }]);
  });

  it('R1 R2 M14 who sends receipts says itself what is delivered and read; positions only grow, read is delivered', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const conversationId = dm(alice, bob);
    const sender = await connect(kind, alice, { subscribe: own(alice, ['receipt'], 0) });
    const reader = await connect(kind, bob, { subscribe: own(bob, ['message'], 0) });
    for (const text of ['one', 'two', 'three']) {
      await sender.publish(outTopic(alice, 'message'), message(alice, bob, text), 1);
    }
    await come(reader, 'message', 3);
    const tell = (kind: number, seq: number) =>
      reader.publish(outTopic(bob, 'receipt'), receipt({ conversationId, kind, seq: String(seq) }), 1);
    await tell(1, 1);
    await tell(2, 2);
    // Smaller positions, and one beyond the end.
    await tell(2, 1);
    await tell(1, 1);
    await tell(2, 99);
    await comes(sender, 'receipt', ({ kind, seq }) => kind === 2 && seq === '3');
    expect(got(sender, 'receipt').map(({ userId, kind, seq }) => [userId, kind, seq])).toEqual([
      [bob, 1, '1'],
      [bob, 2, '2'],
      [bob, 2, '3'],
    ]);
    const { members } = await call(caller(bob), ChatService.method.getPositions, { conversationId });
    expect(members[1]).toMatchObject({ userId: bob, deliveredSeq: '3', readSeq: '3' });
  });

  it('R4 M14 in a group each entry tells who has received and who has read it', async () => {
    const [alice, bob, carol] = [newUser(), newUser(), newUser()];
    const memberIds = [bob, carol];
    const group = await call(caller(alice), ChatService.method.createGroup, { name: 'Team', memberIds });
    const { conversationId } = group;
    const sender = await connect(kind, alice, { subscribe: own(alice, ['receipt'], 0) });
    await connect(kind, bob, { subscribe: own(bob, ['message']) });
    await sender.publish(
      outTopic(alice, 'message'),
      message(alice, group.groupId, 'to all', { conversationId }),
      1,
    );
    await comes(sender, 'receipt', ({ userId, kind }) => userId === bob && kind === 1);
    const ask = { conversationId, seq: '1' };
    expect(await call(caller(alice), ChatService.method.getEntryReceipts, ask)).toMatchObject({
      deliveredTo: [bob],
      readBy: [],
      pending: [carol],
    });
    await call(caller(carol), ChatService.method.markRead, { conversationId });
    await comes(sender, 'receipt', ({ userId, kind }) => userId === carol && kind === 2);
    expect(await call(caller(alice), ChatService.method.getEntryReceipts, ask)).toMatchObject({
      deliveredTo: expect.arrayContaining([bob]),
      readBy: [carol],
      pending: [],
    });
  });

  it('typing is told to the other members and the other devices, not to strangers, for ten seconds at most', async () => {
    const [alice, bob, mallory] = [newUser(), newUser(), newUser()];
    const conversationId = dm(alice, bob);
    const typist = await connect(kind, alice, { subscribe: own(alice, ['typing'], 0) });
    const desk = await connect(kind, alice, { subscribe: own(alice, ['typing'], 0) });
    const reader = await connect(kind, bob, { subscribe: own(bob, ['typing'], 0) });
    const stranger = await connect(kind, mallory, { subscribe: own(mallory, ['typing'], 0) });
    await typist.publish(outTopic(alice, 'message'), message(alice, bob, 'hello'), 1);
    const inAnHour = String(Date.now() + 3_600_000);
    const forged = typing({ conversationId, userId: bob, until: inAnHour });
    await stranger.publish(outTopic(mallory, 'typing'), forged, 1);
    await typist.publish(
      outTopic(alice, 'typing'),
      typing({ conversationId, userId: bob, until: inAnHour }),
      0,
    );
    for (const device of [reader, desk]) {
      const heard = await comes(device, 'typing');
      expect(heard).toMatchObject({ conversationId, userId: alice });
      expect(Number(heard.until) - Date.now()).toBeLessThanOrEqual(10_000);
    }
    await stranger.publish(outTopic(mallory, 'typing'), forged, 1);
    expect([got(typist, 'typing'), got(stranger, 'typing')]).toEqual([[], []]);
    expect(got(reader, 'typing')).toHaveLength(1);
  });

  it('N1 N2 M7 every device shows the same unread count, and it is a recount of the log', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const conversationId = dm(alice, bob);
    const devices = await Promise.all(
      [1, 2, 3].map(() => connect(kind, bob, { subscribe: own(bob, ['unread'], 0) })),
    );
    const sender = await connect(kind, alice);
    for (const text of ['one', 'two', 'three']) {
      await sender.publish(outTopic(alice, 'message'), message(alice, bob, text), 1);
    }
    const showing = (count: number) =>
      Promise.all(devices.map((d) => comes(d, 'unread', ({ totalUnread }) => totalUnread === String(count))));
    for (const statics of await showing(3)) {
      expect(statics).toMatchObject({
        userId: bob,
        conversations: [{ conversationId, unread: '3', lastSeq: '3', readSeq: '0' }],
      });
    }
    await devices[0]!.publish(outTopic(bob, 'receipt'), receipt({ conversationId, kind: 2, seq: '2' }), 1);
    await showing(1);
    await devices[0]!.publish(outTopic(bob, 'message'), message(bob, alice, 'mine do not count'), 1);
    const { entries } = await call(caller(bob), ChatService.method.listMessages, { conversationId });
    const { conversations } = await call(caller(bob), ChatService.method.listConversations, {});
    const [state] = conversations;
    const recount = entries.filter(
      ({ body }) =>
        body.case === 'message' &&
        body.value.senderId !== bob &&
        Number(body.value.seq) > Number(state!.readSeq),
    ).length;
    const { statics } = await call(caller(bob), ChatService.method.getUnread, {});
    expect([recount, Number(state!.unread), Number(statics?.totalUnread)]).toEqual([1, 1, 1]);
  });

  it('S5 a list told by the feed is the list that a call answers', async () => {
    const [alice, bob, carol] = [newUser(), newUser(), newUser()];
    const watcher = await connect(kind, bob, { subscribe: own(bob, ['feed'], 0) });
    const before = await call(caller(bob), ChatService.method.listConversations, {});
    const sender = await connect(kind, alice);
    const third = await connect(kind, carol);
    for (let number = 1; number <= 10; number += 1) {
      await sender.publish(outTopic(alice, 'message'), message(alice, bob, `a${number}`), 1);
      await third.publish(outTopic(carol, 'message'), message(carol, bob, `c${number}`), 1);
    }
    const after = await call(caller(bob), ChatService.method.listConversations, {});
    await comes(watcher, 'feed', ({ version }) => version === after.feedVersion);
    const list = new Map(before.conversations.map((each) => [each.conversationId, each]));
    let version = Number(before.feedVersion);
    for (const change of got(watcher, 'feed')) {
      expect(Number(change.afterVersion)).toBeLessThanOrEqual(version);
      expect(Number(change.version)).toBeGreaterThan(version);
      expect(change).toMatchObject({ feed: `user:${bob}`, epoch: after.epoch });
      version = Number(change.version);
      list.set(change.conversation!.conversationId, change.conversation!);
    }
    const byId = (a: { conversationId: string }, b: { conversationId: string }) =>
      a.conversationId < b.conversationId ? -1 : 1;
    expect([...list.values()].sort(byId)).toEqual([...after.conversations].sort(byId));
  });

  it('a session whose token will soon expire is told, and ends within a second of the expiry', async () => {
    const alice = newUser();
    const token = stage.server.token(alice, 'customer', { ttlS: 2 });
    const client = await connect(kind, alice, { token, subscribe: own(alice, ['notice']) });
    const notice = await comes(client, 'notice');
    expect(notice.kind).toBe(1);
    await until(() => client.ended, { changes: client.changes, what: 'the end with the token' });
    const lateMs = Date.now() - Number(notice.time);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(1_000);
    if (kind.version === '5') expect(client.ended?.reasonCode).toBe(0x87);
  });

  it('A1 N3 a group: members hear all from joining on, and nothing that is committed after leaving', async () => {
    const [alice, bob, carol] = [newUser(), newUser(), newUser()];
    const { groupId, conversationId } = await call(caller(alice), ChatService.method.createGroup, {
      name: 'Team',
      memberIds: [bob],
    });
    const topics = ['message', 'feed', 'receipt', 'typing', 'unread', 'ack'] as const;
    const sender = await connect(kind, alice);
    const leaver = await connect(kind, bob, { subscribe: own(bob, topics) });
    const joiner = await connect(kind, carol, { subscribe: own(carol, topics) });
    const say = (text: string) =>
      sender.publish(outTopic(alice, 'message'), message(alice, groupId, text, { conversationId }), 1);
    await say('one');
    await comes(leaver, 'message', ({ seq }) => seq === '1');
    await call(caller(alice), ChatService.method.addMembers, { conversationId, userIds: [carol] });
    await say('two');
    await comes(joiner, 'message', ({ seq }) => seq === '2');
    await comes(leaver, 'message', ({ seq }) => seq === '2');
    await call(caller(bob), ChatService.method.removeMembers, { conversationId, userIds: [bob] });
    await comes(leaver, 'feed', ({ conversation }) => conversation?.left === true);
    const heardBefore = leaver.arrived.length;
    await say('three');
    await sender.publish(outTopic(alice, 'typing'), typing({ conversationId }), 1);
    await leaver.publish(outTopic(bob, 'message'), message(bob, groupId, 'let me in', { conversationId }), 1);
    await comes(leaver, 'ack', ({ code }) => code === 1);
    await comes(joiner, 'typing');
    await comes(joiner, 'unread', ({ totalUnread }) => totalUnread === '2');
    expect(leaver.arrived.slice(heardBefore).map(({ topic }) => topic.split('/').at(-1))).toEqual(
      // What is told of the list itself: the group is gone from it.
      expect.not.arrayContaining(['message', 'receipt', 'typing']),
    );
    expect(got(leaver, 'message').map(({ content }) => content)).toEqual(['one', 'two']);
    expect(got(joiner, 'message').map(({ content, seq }) => [content, seq])).toEqual([
      ['two', '2'],
      ['three', '3'],
    ]);
    await expect(
      call(caller(bob), ChatService.method.listMessages, { conversationId }),
    ).rejects.toMatchObject({ status: 403 });
    const { entries, firstSeq } = await call(caller(carol), ChatService.method.listMessages, {
      conversationId,
      afterSeq: '0',
    });
    expect([entries.length, firstSeq]).toEqual([2, '2']);
  });
});
