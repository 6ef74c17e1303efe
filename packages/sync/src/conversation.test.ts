import { MessageType } from '@skein/chat';
import { describe, expect, it } from 'vitest';
import { DM, entries, ME, Rig, said, stateOf } from './testing/rig.ts';

describe('a conversation on the screen', () => {
  it('S1: reads nothing before SUBACK, then the list and the screen, and merges what comes live', () => {
    const rig = new Rig().handle({ type: 'open', conversationId: DM }).settle();
    rig.handle({ type: 'connected' });
    expect(rig.calls()).toEqual([]);
    rig.handle({ type: 'subscribed' });
    expect(rig.calls()).toEqual(['list since 0', 'newest', `positions of ${DM}`]);
    rig
      .live(said(4))
      .answerList([stateOf(3)])
      .answerMessages(entries(1, 3))
      .settle();
    expect(rig.shown).toEqual([1, 2, 3, 4]);
    expect(rig.view.sync).toEqual({ name: 'current', seq: 4 });
  });

  it('S2: the next entry is applied, known ones are dropped, and a hole is fetched before what lies beyond is shown', () => {
    const rig = new Rig().showing(3).live(said(4)).live(said(4)).live(said(2));
    expect(rig.shown).toEqual([1, 2, 3, 4]);
    rig.live(said(7)).live(said(8));
    expect(rig.shown).toEqual([1, 2, 3, 4]);
    expect(rig.view.sync).toEqual({ name: 'catching up' });
    expect(rig.calls()).toEqual(['after 4']);
    rig.answerMessages(entries(5, 6), 6);
    expect(rig.shown).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(rig.view.sync).toEqual({ name: 'current', seq: 8 });
  });

  it('S2: what the list tells of is fetched when it did not come live', () => {
    const rig = new Rig().showing(3).feed(2, 1, stateOf(6));
    expect(rig.view.sync).toEqual({ name: 'catching up' });
    expect(rig.calls()).toEqual(['after 3']);
  });

  it('S3: entries and cursor are in one transaction, and what failed is part of the next', () => {
    const rig = new Rig().showing(1).live(said(2));
    rig.failStores();
    rig.live(said(3)).pass(2_000);
    const [store] = rig.take('store');
    expect(store?.transaction.entries.map(({ entry }) => entry.seq)).toEqual([2, 3]);
    expect(store?.transaction.conversations[0]?.log?.newest).toEqual({ from: 1, to: 3 });
  });

  it('S3: after a reload the newest page comes from the device, and only what is new is fetched', () => {
    const { disk } = new Rig().showing(80);
    const rig = new Rig({ disk }).handle({ type: 'open', conversationId: DM }).settle();
    expect(rig.shown).toEqual(entries(31, 80).map(({ seq }) => seq));
    expect(rig.view.sync.name).toBe('offline');
    rig.connect();
    expect(rig.calls()).toEqual(['list since 1', 'after 80', `positions of ${DM}`]);
  });

  it('S3: older pages come from the device while it has them, and then from the server', () => {
    const rig = new Rig().showing(120).handle({ type: 'older', conversationId: DM });
    expect(rig.view.older).toBe('loading');
    expect(rig.calls()).toEqual(['before 71']);
    rig.answerMessages(entries(21, 70), 120).settle();
    const again = new Rig({ disk: rig.disk }).handle({ type: 'open', conversationId: DM }).settle();
    again.handle({ type: 'older', conversationId: DM }).settle();
    expect(again.shown[0]).toBe(21);
    expect(again.calls()).toEqual([]);
    again.handle({ type: 'older', conversationId: DM }).settle().connect();
    expect(again.calls()).toContain('before 21');
  });

  it('S3: what the device has lost is fetched again', () => {
    const { disk } = new Rig().showing(20);
    disk.entries.get(DM)!.delete(15);
    const rig = new Rig({ disk }).handle({ type: 'open', conversationId: DM }).settle().connect();
    expect(rig.shown).toEqual([16, 17, 18, 19, 20]);
    rig.answerList([]).answerMessages([], 20).answerPositions();
    expect(rig.calls()).toEqual(['before 16']);
    rig.answerMessages(entries(1, 15), 20);
    expect(rig.shown).toEqual(entries(1, 20).map(({ seq }) => seq));
  });

  it('S3: after a long absence the newest page is shown, with a hole below that is read on demand', () => {
    const { disk } = new Rig().showing(10);
    const rig = new Rig({ disk }).handle({ type: 'open', conversationId: DM }).settle().connect();
    rig.answerList([stateOf(5_000, { version: '2' })], { version: 2 }).answerMessages([], 5_000);
    expect(rig.calls()).toContain('newest');
    rig.answerMessages(entries(4_951, 5_000), 5_000).settle();
    expect(rig.shown.at(0)).toBe(4_951);
    expect(rig.view.older).toBe('more');
    expect(rig.disk.conversations.get(DM)?.log?.older).toEqual([{ from: 1, to: 10 }]);
  });

  it('S4: another epoch empties the copy, and begins again', () => {
    const rig = new Rig().showing(5);
    rig.handle({ type: 'disconnected' }).connect().answerList([], { epoch: 'second' });
    expect(rig.shown).toEqual([]);
    expect(rig.view.sync).toEqual({ name: 'catching up' });
    rig.settle();
    expect([...rig.disk.entries]).toEqual([]);
    // The answer to what was asked before is of no use any more.
    rig.answerMessages(entries(6, 9), 9);
    rig.answerList([stateOf(2)], { epoch: 'second' }).answerMessages(entries(1, 2), 2, { epoch: 'second' });
    expect(rig.shown).toEqual([1, 2]);
  });

  it('S4: live entries wait until the epoch of the connection is known', () => {
    const rig = new Rig()
      .showing(2)
      .handle({ type: 'disconnected' })
      .connect()
      .live(said(3, { messageId: '77' }));
    expect(rig.shown).toEqual([1, 2]);
    rig.answerList([]);
    expect(rig.shown).toEqual([1, 2, 3]);
  });

  it('S4: nothing of the old copy is loaded while it waits to be removed', () => {
    const rig = new Rig().showing(2).handle({ type: 'close', conversationId: DM }).settle();
    rig.handle({ type: 'disconnected' }).connect().answerList([], { epoch: 'second' });
    rig.handle({ type: 'open', conversationId: DM });
    const [load] = rig.take('load');
    expect(load).toMatchObject({ positions: false });
    expect(load).not.toHaveProperty('range');
  });

  it('S6: a view says since when it is offline, that it catches up, and to where it is current', () => {
    const rig = new Rig().showing(2);
    expect(rig.view.sync).toEqual({ name: 'current', seq: 2 });
    rig.handle({ type: 'disconnected' });
    expect(rig.view.sync).toEqual({ name: 'offline', since: rig.now });
    rig.connect();
    expect(rig.view.sync).toEqual({ name: 'catching up' });
    rig.answerList([]);
    expect(rig.view.sync).toEqual({ name: 'current', seq: 2 });
  });

  it('O6: recalls and edits change what is shown of their target, not its number', () => {
    const rig = new Rig().showing(3);
    rig.live(said(4, { messageType: MessageType.EDIT, targetSeq: 2, content: 'better' }));
    rig.live(said(5, { messageType: MessageType.RECALL, targetSeq: 3 }));
    expect(rig.shown).toEqual([1, 2, 3]);
    expect(rig.view.entries[1]).toMatchObject({ seq: 2, content: 'better', editedTime: 4_000 });
    expect(rig.view.entries[2]).toMatchObject({ seq: 3, content: '', recalled: true });
    expect(rig.view.sync).toEqual({ name: 'current', seq: 5 });
  });

  it('O6: an older page shows what was done to it later', () => {
    const rig = new Rig().showing(60).live(said(61, { messageType: MessageType.RECALL, targetSeq: 5 }));
    rig.handle({ type: 'older', conversationId: DM }).answerMessages(entries(1, 10), 61);
    expect(rig.view.entries[4]).toMatchObject({ seq: 5, recalled: true });
  });

  it('A1: a conversation that one has left is dropped, from the device too', () => {
    const rig = new Rig()
      .showing(3)
      .feed(2, 1, stateOf(0, { left: true }))
      .settle();
    expect(rig.view).toMatchObject({ entries: [], refusal: { refused: 'NOT_ALLOWED' } });
    expect(rig.sync.list().conversations).toEqual([]);
    expect(rig.disk.entries.has(DM)).toBe(false);
  });

  it('L2: the window on a log is bounded, however much comes', () => {
    const rig = new Rig().showing(1);
    for (let seq = 2; seq <= 6_000; seq += 1) rig.live(said(seq));
    expect(rig.view.entries.length).toBeLessThanOrEqual(5_500);
    expect(rig.view.entries.at(-1)).toMatchObject({ seq: 6_000 });
  });

  it('L2: while storage fails the copy on the device is given up, and begins anew when it works', () => {
    const rig = new Rig().showing(1);
    for (let seq = 2; seq <= 2_500; seq += 1) rig.live(said(seq)).failStores();
    expect(rig.shown.at(-1)).toBe(2_500);
    rig.pass(60_000).settle();
    expect(rig.disk.missing()).toEqual([]);
    expect(rig.disk.conversations.get(DM)?.log?.newest.to).toBe(2_500);
    const again = new Rig({ disk: rig.disk }).handle({ type: 'open', conversationId: DM }).settle();
    expect(again.shown.at(-1)).toBe(2_500);
  });

  it('L4: a clock that is set back by a day delays nothing', () => {
    const rig = new Rig().showing(0);
    const key = rig.send();
    rig.settle();
    rig.published();
    rig.refuse(key, 7);
    rig.now -= 86_400_000;
    rig.handle({ type: 'tick' }).pass(1_000);
    expect(rig.published()).toEqual([key]);
    expect(rig.view.entries[0]).toMatchObject({ senderId: ME });
  });

  it('keeps the identity of what did not change', () => {
    const rig = new Rig().showing(3);
    const before = rig.view;
    expect(rig.view).toBe(before);
    rig.live(said(4));
    const after = rig.view;
    expect(after).not.toBe(before);
    expect(after.entries[0]).toBe(before.entries[0]);
    expect(after.members).toBe(before.members);
  });
});
