import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Context } from './context.ts';
import { Journal } from './journal.ts';
import type { ConversationRow } from './rows.ts';
import { Disk } from './testing/disk.ts';
import { said } from './testing/rig.ts';

const IDS = ['dm:1:2', 'dm:1:3'] as const;

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('entry' as const), id: fc.constantFrom(...IDS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), id: fc.constantFrom(...IDS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), id: fc.constantFrom(...IDS) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('send' as const, 'sent' as const),
      id: fc.constantFrom(...IDS),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('kept' as const, 'failed' as const),
      id: fc.constantFrom(...IDS),
    }),
  },
);

/** A journal whose logs simply grow, and the state that the device should come to. */
class Model {
  readonly context = new Context();
  readonly disk = new Disk();
  readonly heads = new Map<string, number>();
  readonly sends = new Set<string>();
  #sends = 0;
  readonly journal = new Journal(this.context, {
    meta: () => ({ feedVersion: 0 }),
    conversation: (id) => this.#row(id),
    positions: () => undefined,
  });

  #row(conversationId: string): ConversationRow | undefined {
    const to = this.heads.get(conversationId);
    if (to === undefined) return undefined;
    return {
      conversationId,
      list: { version: 0, lastSeq: to, readSeq: 0, unread: 0, updateTime: 0 },
      log: { newest: { from: 1, to }, older: [] },
      own: { read: 0, deliveredTold: 0, readTold: 0 },
      reached: { delivered: 0, read: 0 },
    };
  }

  change({ do: what, id }: { do: string; id: string }): void {
    const { journal, heads, sends } = this;
    if (what === 'entry') {
      heads.set(id, (heads.get(id) ?? 0) + 1);
      journal.putEntry(id, said(heads.get(id)!));
      journal.putConversation(id);
    } else if (what === 'remove') {
      heads.delete(id);
      journal.removeConversation(id);
    } else if (what === 'clear') {
      heads.clear();
      journal.clear();
    } else if (what === 'send') {
      this.#sends += 1;
      const clientMessageId = String(this.#sends);
      sends.add(clientMessageId);
      const row = {
        conversationId: id,
        sendOrder: this.#sends,
        content: { content: '' },
        contextSeq: 0,
        clientTime: 0,
      };
      journal.putSend({ clientMessageId, ...row });
    } else if (what === 'sent') {
      const [first] = sends;
      if (first === undefined) return;
      sends.delete(first);
      journal.removeSend(first);
    }
  }

  /** The storage answers what it was asked, if anything. */
  answer(kept: boolean): boolean {
    this.context.now += 100_000;
    this.journal.pump();
    let asked = false;
    for (let effect = this.context.nextEffect(); effect; effect = this.context.nextEffect()) {
      if (effect.type !== 'store') continue;
      asked = true;
      if (kept) this.disk.apply(effect.transaction);
      if (kept) this.journal.stored(effect.token);
      else this.journal.storeFailed(effect.token);
    }
    return asked;
  }
}

describe('the journal', () => {
  it('S3 Q1: whatever fails in between, no range is without its entries and in the end everything is there', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const model = new Model();
        for (const one of steps) {
          if (one.do === 'kept' || one.do === 'failed') model.answer(one.do === 'kept');
          else model.change(one);
          expect(model.disk.missing()).toEqual([]);
        }
        while (model.answer(true));
        expect(model.disk.missing()).toEqual([]);
        const kept = [...model.disk.conversations].map(([id, { log }]) => [id, log?.newest.to]);
        expect(new Map(kept as [string, number][])).toEqual(model.heads);
        expect([...model.disk.outbox.keys()].sort()).toEqual([...model.sends].sort());
      }),
      { numRuns: 400 },
    );
  });

  it('L2: one transaction is under way at a time, and what comes meanwhile shares the next', () => {
    const model = new Model();
    for (let i = 0; i < 3; i += 1) {
      model.change({ do: 'entry', id: IDS[0] });
      model.journal.pump();
    }
    const first = model.context.nextEffect();
    expect(first).toMatchObject({ type: 'store', transaction: { entries: [{ entry: { seq: 1 } }] } });
    expect(model.context.nextEffect()).toBeUndefined();
    if (first?.type === 'store') model.journal.stored(first.token);
    model.journal.pump();
    const second = model.context.nextEffect();
    expect(second?.type === 'store' && second.transaction.entries.map(({ entry }) => entry.seq)).toEqual([
      2, 3,
    ]);
  });
});
