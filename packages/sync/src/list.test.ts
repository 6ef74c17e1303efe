import { describe, expect, it } from 'vitest';
import { DM, ME, OTHER, Rig, said, stateOf } from './testing/rig.ts';

const GROUP = 'group:5';
const SERVICE = 'cs:2:1';

describe('the list', () => {
  it('S5: is read page by page from the version that is known, which is kept with its rows', () => {
    const rig = new Rig().connect();
    rig.answerList([stateOf(3, { version: '4' })], { version: 9, more: true });
    expect(rig.calls()).toEqual(['list since 4']);
    rig.answerList([stateOf(1, { conversationId: GROUP, version: '9' })], { version: 9 }).settle();
    expect(rig.sync.list().sync).toEqual({ name: 'current', seq: 9 });
    expect(rig.disk.meta).toEqual({ feedVersion: 9, epoch: 'first' });
    expect(new Rig({ disk: rig.disk }).connect().calls()).toEqual(['list since 9']);
  });

  it('S5: the next change is applied, an older one dropped, and one that skips versions makes it read again', () => {
    const rig = new Rig().connect().answerList([stateOf(3, { version: '4' })], { version: 4 });
    rig.feed(5, 4, stateOf(4, { unread: '1', readSeq: '3' }));
    expect(rig.sync.list()).toMatchObject({ totalUnread: 1, sync: { name: 'current', seq: 5 } });
    rig.feed(5, 4, stateOf(4, { unread: '7' })).feed(3, 2, stateOf(2, { unread: '9' }));
    expect(rig.sync.list().totalUnread).toBe(1);
    expect(rig.calls()).not.toContain('list since 5');
    rig.feed(8, 7, stateOf(6, { unread: '3', readSeq: '3' }));
    expect(rig.sync.list().totalUnread).toBe(3);
    expect(rig.calls()).toContain('list since 5');
  });

  it('S5: what comes live while the list is read is in it', () => {
    const rig = new Rig().connect().feed(6, 5, stateOf(9, { unread: '2', readSeq: '7' }));
    rig.answerList([stateOf(8, { version: '5', unread: '1', readSeq: '7' })], { version: 5 });
    expect(rig.calls()).toContain('list since 5');
    rig.answerList([stateOf(9, { version: '6', unread: '2', readSeq: '7' })], { version: 6 });
    expect(rig.sync.list()).toMatchObject({ totalUnread: 2, sync: { name: 'current', seq: 6 } });
  });

  it('S5: a change that was lost without trace is found', () => {
    const rig = new Rig().connect().answerList([]).pass(59_000);
    expect(rig.calls()).toEqual([]);
    rig.pass(2_000);
    expect(rig.calls()).toEqual(['list since 0']);
    expect(rig.sync.connection().state.name).toBe('current');
  });

  it('the one that changed last comes first, and lines that did not change keep their identity', () => {
    const rig = new Rig().connect();
    rig.answerList([
      stateOf(1, { version: '1', updateTime: '10' }),
      stateOf(1, { conversationId: GROUP, version: '2', updateTime: '20' }),
    ]);
    const before = rig.sync.list();
    expect(before.conversations.map(({ conversationId }) => conversationId)).toEqual([GROUP, DM]);
    rig.live(said(2, { time: 30 }));
    const after = rig.sync.list();
    expect(after.conversations.map(({ conversationId }) => conversationId)).toEqual([DM, GROUP]);
    expect(after.conversations[1]).toBe(before.conversations[0]);
    expect(rig.sync.list()).toBe(after);
  });

  it('N1 N2: counts what comes live as the server does, whatever comes twice, until the server tells', () => {
    const rig = new Rig().connect().answerList([stateOf(1)]);
    const unread = () => rig.sync.list().totalUnread;
    rig
      .live(said(2))
      .live(said(2))
      .live(said(3, { senderId: ME }))
      .live(said(4))
      .live(said(5, { messageType: 7 }));
    expect(unread()).toBe(2);
    rig.live(said(6, { messageType: 8, targetSeq: 4 }));
    expect(unread()).toBe(1);
    rig.feed(2, 1, stateOf(6, { readSeq: '1', unread: '1' }));
    expect(unread()).toBe(1);
  });

  it('N2: what is read here is counted at once, before the server knows', () => {
    const rig = new Rig().showing(3).live(said(4)).live(said(5)).live(said(6));
    expect(rig.view.unread).toBe(3);
    rig.handle({ type: 'markRead', conversationId: DM, seq: 5 });
    expect(rig.view).toMatchObject({ unread: 1, readSeq: 5 });
  });

  it('U3 U4: a reply that crossed a question does not hide it', () => {
    const rig = new Rig().connect().answerList([stateOf(0, { conversationId: SERVICE, lastSeq: '0' })]);
    const waiting = () => rig.sync.list().conversations[0]?.waitingSince;
    const question = (seq: number) => said(seq, { fromCustomer: true });
    rig.live(question(1), SERVICE).live(question(2), SERVICE);
    expect(waiting()).toBe(1_000);
    rig.live(said(3, { senderId: '7', contextSeq: 1 }), SERVICE);
    expect(waiting()).toBe(2_000);
    rig.live(said(4, { senderId: '7', contextSeq: 3 }), SERVICE);
    expect(waiting()).toBeUndefined();
  });

  it('L2: only so many conversations are open at once', () => {
    const rig = new Rig().connect();
    for (let i = 0; i < 40; i += 1) rig.handle({ type: 'open', conversationId: `dm:1:${100 + i}` });
    const open = Array.from({ length: 40 }, (_, i) => rig.sync.conversation(`dm:1:${100 + i}`) !== undefined);
    expect(open.filter(Boolean)).toHaveLength(32);
    expect(open[39]).toBe(true);
  });

  it('L2: no more than four calls are under way', () => {
    const rig = new Rig().connect();
    rig.answerList(
      Array.from({ length: 20 }, (_, i) =>
        stateOf(5, { conversationId: `dm:1:${100 + i}`, version: String(i + 1), readSeq: '3', unread: '2' }),
      ),
    );
    expect(rig.calls()).toEqual(['newest', 'newest', 'newest', 'newest']);
    expect(rig.sync.connection().state).toEqual({ name: 'catching up', done: 1, total: 21 });
  });

  it('a call that failed is made again after a while, one that was refused is not', () => {
    const rig = new Rig()
      .handle({ type: 'open', conversationId: DM })
      .settle()
      .connect()
      .answerList([stateOf(3)]);
    rig.fail('listMessages').pass(600);
    expect(rig.calls()).toContain('newest');
    rig.fail('listMessages', { refused: 'NOT_ALLOWED', reason: 'no member' }).pass(60_000);
    expect(rig.calls()).not.toContain('newest');
    expect(rig.view.refusal?.refused).toBe('NOT_ALLOWED');
  });

  it('shows others typing for a while, and tells of one’s own typing now and then', () => {
    const rig = new Rig().showing(1);
    rig.sync.handle(
      {
        type: 'received',
        name: 'typing',
        payload: { conversationId: DM, userId: OTHER, until: '0' } as never,
      },
      rig.now,
    );
    expect(rig.view.typing).toEqual([OTHER]);
    rig.pass(9_000);
    expect(rig.view.typing).toEqual([]);
    rig.take('publish');
    for (let i = 0; i < 5; i += 1) rig.handle({ type: 'typing', conversationId: DM });
    expect(rig.take('publish').map(({ name, qos }) => [name, qos])).toEqual([['typing', 0]]);
  });
});
