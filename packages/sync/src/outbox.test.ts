import { describe, expect, it } from 'vitest';
import { DM, EPOCH, entries, ME, Rig, said, stateOf } from './testing/rig.ts';

describe('the outbox', () => {
  it('Q1: says queued only when the device has kept it', () => {
    const rig = new Rig().showing(0);
    const key = rig.send();
    expect(rig.shown).toEqual(['keeping']);
    expect(rig.published()).toEqual([]);
    rig.settle();
    expect(rig.shown).toEqual(['queued']);
    expect(rig.disk.outbox.has(key)).toBe(true);
    expect(rig.published()).toEqual([key]);
  });

  it('Q1: what could not be kept is shown as that, goes out all the same, and is queued once it is kept', () => {
    const rig = new Rig().showing(0);
    const key = rig.send();
    rig.failStores();
    expect(rig.shown).toEqual(['not kept']);
    expect(rig.sync.connection().keeping).toBe(false);
    expect(rig.published()).toEqual([key]);
    rig.pass(1_000).settle();
    expect(rig.shown).toEqual(['queued']);
    expect(rig.sync.connection().keeping).toBe(true);
  });

  it('Q3 O3: sends of one conversation go out one after the other, those of several together', () => {
    const rig = new Rig().showing(0);
    const [first, second] = [rig.send(), rig.send()];
    const other = rig.send('hello', 'dm:1:3');
    rig.settle();
    expect(rig.published()).toEqual([first, other]);
    rig.ack(first, 1);
    expect(rig.published()).toEqual([second]);
  });

  it('Q3: no more than sixteen are unanswered at a time', () => {
    const rig = new Rig().showing(0);
    for (let i = 0; i < 20; i += 1) rig.send('hello', `dm:1:${10 + i}`);
    rig.settle();
    expect(rig.published()).toHaveLength(16);
  });

  it('I3: a send whose line was lost goes out again under its key, also after a reload', () => {
    const rig = new Rig().showing(0);
    const key = rig.send();
    rig.settle();
    expect(rig.published()).toEqual([key]);
    rig.handle({ type: 'disconnected' }).connect();
    // What its writer had seen means something in one epoch only (S4).
    expect(rig.published()).toEqual([]);
    rig.handle({ type: 'disconnected' }).connect(EPOCH);
    expect(rig.published()).toEqual([key]);
    const reloaded = new Rig({ disk: rig.disk }).connect(EPOCH);
    expect(reloaded.published()).toEqual([key]);
    expect(reloaded.sync.send(key)?.state).toBe('queued');
  });

  it('I3: a send without an answer is asked about again after a while', () => {
    const rig = new Rig().showing(0);
    const key = rig.send();
    rig.settle();
    const [publish] = rig.take('publish');
    rig.handle({ type: 'published', token: publish!.token }).pass(14_000);
    expect(rig.published()).toEqual([]);
    rig.pass(2_000);
    expect(rig.published()).toEqual([key]);
  });

  it('I1: the same key again is the same send, waiting or sent', () => {
    const rig = new Rig().showing(0);
    const key = rig.send();
    const again = () =>
      rig
        .handle({ type: 'send', conversationId: DM, clientMessageId: key, content: { content: 'hello' } })
        .settle();
    again();
    rig.ack(key, 1).settle();
    again();
    expect(rig.shown).toEqual([1]);
    expect(rig.published()).toEqual([key]);
  });

  it('I3: an own entry found in the log answers the send that nobody acknowledged', () => {
    const rig = new Rig().showing(0);
    const key = rig.send('hello');
    rig
      .settle()
      .live(said(1, { senderId: ME, content: 'hello', clientMessageId: key }))
      .settle();
    expect(rig.shown).toEqual([1]);
    expect(rig.disk.outbox.size).toBe(0);
  });

  it('I3: an own entry found in an older page answers the send, too', () => {
    const rig = new Rig().showing(60);
    const key = rig.send('hello');
    rig.settle().handle({ type: 'older', conversationId: DM });
    const page = entries(1, 10).map((e) =>
      e.seq === 4 ? said(4, { senderId: ME, content: 'hello', clientMessageId: key }) : e,
    );
    rig.answerMessages(page, 60).settle();
    expect(rig.sync.send(key)).toMatchObject({ state: 'sent', seq: 4 });
    expect(rig.disk.outbox.size).toBe(0);
  });

  it('I2: an entry under the same key with other content is not taken for the send', () => {
    const rig = new Rig().showing(0);
    const key = rig.send('hello');
    rig.settle().live(said(1, { senderId: ME, content: 'something else', clientMessageId: key }));
    expect(rig.shown).toEqual([1, 'queued']);
    rig.refuse(key, 5, 'used before');
    expect(rig.shown).toEqual([1, 'failed']);
  });

  it.each([
    [1, 'NOT_ALLOWED'],
    [2, 'MALFORMED'],
    [3, 'TOO_LARGE'],
    [5, 'CONFLICT'],
    [6, 'CLOSED'],
    [99, 'NOT_ALLOWED'],
  ] as const)(
    'Q2: a refusal with code %i is final, with the reason, until retry or discard by hand',
    (code, refused) => {
      const rig = new Rig().showing(0);
      const key = rig.send();
      rig.settle();
      rig.published();
      rig.refuse(key, code, 'because').settle().pass(100_000);
      expect(rig.sync.send(key)).toMatchObject({ state: 'failed', refusal: { refused, reason: 'because' } });
      expect(rig.published()).toEqual([]);
      expect(new Rig({ disk: rig.disk }).sync.send(key)?.state).toBe('failed');
      rig.handle({ type: 'retry', clientMessageId: key }).settle();
      expect(rig.published()).toEqual([key]);
      rig.refuse(key, code).handle({ type: 'discard', clientMessageId: key }).settle();
      expect(rig.shown).toEqual([]);
      expect(rig.disk.outbox.size).toBe(0);
    },
  );

  it('Q2: RATE_LIMITED is tried again, not before the time that the server asks for', () => {
    const rig = new Rig().showing(0);
    const key = rig.send();
    rig.settle();
    rig.published();
    rig.refuse(key, 4, 'too many sends: retry after 3000 ms').pass(2_999);
    expect(rig.published()).toEqual([]);
    rig.pass(600);
    expect(rig.published()).toEqual([key]);
  });

  it('Q2: UNAVAILABLE is tried again with a wait that grows', () => {
    const rig = new Rig().showing(0);
    const key = rig.send();
    rig.settle();
    for (let attempt = 0; attempt < 8; attempt += 1) {
      expect(rig.published()).toEqual([key]);
      rig.refuse(key, 7);
      const bound = Math.min(30_000, 500 * 2 ** attempt);
      expect(rig.sync.deadline()! - rig.now).toBeLessThanOrEqual(bound);
      rig.pass(rig.sync.deadline()! - rig.now);
    }
    expect(rig.sync.send(key)?.state).toBe('queued');
  });

  it('Q2: a refusal that comes twice, by PUBACK and by Ack, counts once', () => {
    const rig = new Rig().showing(0);
    const key = rig.send();
    rig.settle();
    const [publish] = rig.take('publish');
    const refusal = { refused: 'RATE_LIMITED', reason: 'retry after 10 ms' } as const;
    rig
      .handle({ type: 'refused', token: publish!.token, refusal })
      .refuse(key, 4, 'retry after 99999 ms')
      .pass(1_000);
    expect(rig.published()).toEqual([key]);
  });

  it('Q2: an acknowledged send beyond a hole is shown as sent, below, until its place is read', () => {
    const rig = new Rig().showing(3);
    const key = rig.send();
    rig.settle().ack(key, 5);
    expect(rig.shown).toEqual([1, 2, 3, 'sent']);
    expect(rig.disk.outbox.has(key)).toBe(true);
    rig.answerMessages([said(4)], 5).settle();
    expect(rig.shown).toEqual([1, 2, 3, 4, 5]);
    expect(rig.disk.outbox.size).toBe(0);
  });

  it('O4: what is not stored stands below all that is, in the order of sending', () => {
    const rig = new Rig().showing(2);
    const keys = [rig.send('a'), rig.send('b')];
    rig.settle().live(said(3));
    expect(rig.shown).toEqual([1, 2, 3, 'queued', 'queued']);
    expect(rig.view.entries.slice(3).map(({ clientMessageId }) => clientMessageId)).toEqual(keys);
  });

  it('R3: each send says what its writer had seen', () => {
    const rig = new Rig().showing(3);
    rig.send();
    rig.settle();
    expect(rig.take('publish').at(-1)?.payload).toMatchObject({ contextSeq: '3' });
  });

  it('L2: a send too large for a packet, for no conversation, or one too many fails at once', () => {
    const rig = new Rig().showing(0);
    const fails = (key: string) => rig.sync.send(key)?.refusal?.refused;
    expect(fails(rig.send('字'.repeat(30_000)))).toBe('TOO_LARGE');
    expect(fails(rig.send('hello', 'nobody'))).toBe('MALFORMED');
    for (let i = 0; i < 1_000; i += 1) rig.send();
    expect(fails(rig.send())).toBe('UNAVAILABLE');
  });

  it('S4: another epoch leaves the outbox, and what was stored in the old one is asked for again', () => {
    const rig = new Rig().showing(3);
    const key = rig.send();
    rig.settle().ack(key, 5);
    rig.published();
    rig
      .handle({ type: 'disconnected' })
      .connect()
      .answerList([stateOf(2)], { epoch: 'second' })
      .settle();
    expect(rig.shown).toEqual(['queued']);
    expect(rig.published()).toEqual([key]);
  });
});
