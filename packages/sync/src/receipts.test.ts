import { create } from '@bufbuild/protobuf';
import { ReceiptSchema } from '@skein/protocol';
import { describe, expect, it } from 'vitest';
import { DM, entries, ME, OTHER, Rig, said, stateOf } from './testing/rig.ts';

/** The receipts that went out, as kind and seq: 1 delivered, 2 read. */
function told(rig: Rig): unknown[] {
  return rig.take('publish').flatMap(({ name, payload, token }) => {
    if (name !== 'receipt') return [];
    rig.handle({ type: 'published', token });
    return [[payload.kind, payload.seq]];
  });
}

function receipt(rig: Rig, userId: string, kind: 1 | 2, seq: number): Rig {
  const payload = create(ReceiptSchema, { conversationId: DM, userId, kind, seq: String(seq) });
  return rig.receive({ name: 'receipt', payload });
}

describe('receipts', () => {
  it('R2: an entry is delivered once the device has stored it, and a burst is one receipt', () => {
    const rig = new Rig().showing(3);
    for (const entry of entries(4, 9)) rig.live(entry);
    rig.pass(1_000);
    expect(told(rig)).toEqual([]);
    rig.settle().pass(1_000);
    expect(told(rig)).toEqual([[1, '9']]);
  });

  it('R2: nothing beyond what the device lacks is said to be delivered', () => {
    const rig = new Rig().handle({ type: 'open', conversationId: DM }).settle().connect();
    rig.answerList([stateOf(300, { readSeq: '10', unread: '290' })]).answerMessages(entries(251, 300), 300);
    rig
      .answerPositions({ [ME]: 10 })
      .settle()
      .pass(1_000);
    expect(told(rig)).toEqual([]);
    rig.handle({ type: 'markRead', conversationId: DM }).settle().pass(1_000);
    expect(told(rig)).toEqual([[2, '300']]);
  });

  it('R1: read implies delivered, positions only grow, and what is not confirmed is told again', () => {
    const rig = new Rig().showing(3).live(said(4)).settle();
    rig
      .handle({ type: 'markRead', conversationId: DM })
      .handle({ type: 'markRead', conversationId: DM, seq: 2 });
    rig.pass(1_000);
    expect(rig.take('publish').map(({ payload }) => payload)).toMatchObject([{ kind: 2, seq: '4' }]);
    rig.settle();
    const reloaded = new Rig({ disk: rig.disk }).connect().answerList([]).pass(1_000);
    expect(told(reloaded)).toEqual([[2, '4']]);
    expect(told(reloaded.pass(1_000))).toEqual([]);
  });

  it('R1: a refused receipt is not told for ever', () => {
    const rig = new Rig().showing(3).live(said(4)).settle().pass(200);
    const [publish] = rig.take('publish');
    rig.handle({ type: 'refused', token: publish!.token, refusal: { refused: 'NOT_ALLOWED', reason: '' } });
    expect(told(rig.pass(100_000))).toEqual([]);
  });

  it('Q2: a send goes from sent over delivered to read as the other one’s position grows, and never back', () => {
    const rig = new Rig().showing(0);
    const key = rig.send();
    rig.settle().ack(key, 1).settle();
    const state = () => [rig.view.entries[0]?.state, rig.sync.send(key)?.state];
    expect(state()).toEqual(['sent', 'sent']);
    receipt(rig, OTHER, 1, 1);
    expect(state()).toEqual(['delivered', 'delivered']);
    receipt(receipt(rig, OTHER, 2, 1), OTHER, 1, 1);
    expect(state()).toEqual(['read', 'read']);
    rig.pass(2_000).settle();
    const reloaded = new Rig({ disk: rig.disk }).handle({ type: 'open', conversationId: DM }).settle();
    expect(reloaded.view.entries[0]?.state).toBe('read');
  });

  it('R3: who answers with knowledge of an entry has read it', () => {
    const rig = new Rig().showing(0);
    const key = rig.send();
    rig
      .settle()
      .ack(key, 1)
      .live(said(2, { contextSeq: 1 }));
    expect(rig.view.entries[0]?.state).toBe('read');
  });

  it('R1 N2: what was read on another device is read here', () => {
    const rig = new Rig().showing(3).live(said(4)).live(said(5));
    receipt(rig, ME, 2, 4);
    expect(rig.view).toMatchObject({ readSeq: 4, unread: 1 });
  });
});
