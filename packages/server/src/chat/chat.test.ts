import { describe, expect, it } from 'vitest';
import { createMetrics } from '../observe/metrics.ts';
import { type Operation, type Outcome, type Raise, type Store, StoreUnavailable } from '../store/store.ts';
import { eventLoop } from '../timers.ts';
import type { Announcer } from './announcer.ts';
import type { Audience } from './audience.ts';
import { Chat } from './chat.ts';

const raiseOf = (userId: string): Raise => ({
  type: 'raise',
  userId,
  conversationId: 'dm:1:2',
  kind: 'read',
  seq: 1,
});

const raised: Outcome = {
  type: 'raised',
  position: { delivered: 1, read: 1 },
  changed: true,
  unread: 0,
  version: 1,
  members: ['1', '2'],
};

function chatOver(commit: (operations: readonly Operation[]) => Outcome[]) {
  const troubles: unknown[] = [];
  const told: string[] = [];
  const chat = new Chat({
    store: { commit: async (operations: readonly Operation[]) => commit(operations) } as unknown as Store,
    audience: { publish() {}, listens: () => false, deliver() {} } satisfies Audience,
    announcer: { changed() {}, receipt: (user: string) => told.push(user) } as unknown as Announcer,
    metrics: createMetrics(),
    timers: eventLoop,
    maxBatch: 10,
    maxQueued: 3,
    onTrouble: (error) => troubles.push(error),
  });
  return { chat, troubles, told };
}

describe('the pipeline', () => {
  it('one operation that meets a fault of ours takes no other with it', async () => {
    const { chat, troubles } = chatOver((operations) => {
      if (operations.some((one) => one.type === 'raise' && one.userId === '2')) throw new TypeError('ours');
      return operations.map(() => raised);
    });
    const outcomes = await Promise.all(['1', '2', '3'].map((user) => chat.submit(raiseOf(user))));
    expect(outcomes).toEqual([raised, expect.objectContaining({ refused: 'UNAVAILABLE' }), raised]);
    expect(troubles).toEqual([new TypeError('ours')]);
  });

  it('L3 a store that cannot keep anything refuses the whole batch, and the next one is tried', async () => {
    let isAway = true;
    const { chat, troubles } = chatOver((operations) => {
      if (isAway) throw new StoreUnavailable('full');
      return operations.map(() => raised);
    });
    const refused = expect.objectContaining({ refused: 'UNAVAILABLE' });
    expect(await Promise.all([chat.submit(raiseOf('1')), chat.submit(raiseOf('2'))])).toEqual([
      refused,
      refused,
    ]);
    isAway = false;
    expect(await chat.submit(raiseOf('1'))).toBe(raised);
    expect(troubles).toEqual([]);
  });

  it('an answer that cannot be given keeps nobody else from being told', async () => {
    const { chat, troubles, told } = chatOver((operations) => operations.map(() => raised));
    chat.carryOut(raiseOf('1'), () => {
      throw new Error('the line is broken');
    });
    await chat.submit(raiseOf('2'));
    expect(told).toEqual(['1', '2']);
    expect(troubles).toHaveLength(1);
  });

  it('L2 refuses what would wait in a queue that is full', async () => {
    const { chat } = chatOver((operations) => operations.map(() => raised));
    const outcomes = await Promise.all(['1', '2', '3', '4'].map((user) => chat.submit(raiseOf(user))));
    expect(outcomes.map((one) => 'refused' in one)).toEqual([false, false, false, true]);
  });
});
