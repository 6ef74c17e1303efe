import { type Effect, type Input, type SavedState, Sync } from '@skein/sync';
import { DeviceStorage } from '../device/device-storage.ts';
import type { Bug } from './bug.ts';

function core(name: string, Core: new () => Sync): Bug {
  return { name, core: () => new Core() };
}

/** A core that is given other inputs than those that came. */
function given(name: string, change: (input: Input) => Input): Bug {
  return core(
    name,
    class extends Sync {
      override handle(input: Input, now: number): void {
        super.handle(change(input), now);
      }
    },
  );
}

/** A core whose effects are others than those that it wanted. */
function wanting(name: string, change: (effect: Effect) => Effect): Bug {
  return core(
    name,
    class extends Sync {
      override nextEffect(): Effect | undefined {
        const effect = super.nextEffect();
        return effect && change(effect);
      }
    },
  );
}

let keys = 0;

export const clientBugs: readonly Bug[] = [
  wanting('each attempt has a key of its own', (effect) => {
    if (effect.type !== 'publish' || (effect.name !== 'message' && effect.name !== 'service')) return effect;
    keys += 1;
    const clientMessageId = String(keys);
    return effect.name === 'message'
      ? { ...effect, payload: { ...effect.payload, clientMessageId } }
      : { ...effect, payload: { ...effect.payload, clientMessageId } };
  }),

  given('after loading the last send goes first', (input) => {
    if (input.type !== 'opened') return input;
    const outbox = input.saved.outbox.map((row) => ({ ...row, sendOrder: -row.sendOrder }));
    return { ...input, saved: { ...input.saved, outbox } };
  }),

  given('another epoch is passed over', (input) => {
    if (input.type === 'connected') return { type: 'connected', epoch: 'epoch-1' };
    if (input.type === 'received' && input.name === 'feed')
      return { ...input, payload: { ...input.payload, epoch: 'epoch-1' } };
    if (input.type !== 'fetched') return input;
    return { ...input, answer: { ...input.answer, epoch: 'epoch-1' } } as Input;
  }),

  given('a send is taken to be where the next one is', (input) => {
    if (input.type !== 'published' || !input.numbers) return input;
    return { ...input, numbers: { ...input.numbers, seq: input.numbers.seq + 1 } };
  }),

  given('the list counts one too many', (input) => {
    if (input.type !== 'received' || input.name !== 'feed') return input;
    const { conversation } = input.payload;
    if (!conversation) return input;
    const unread = String(Number(conversation.unread) + 1);
    return { ...input, payload: { ...input.payload, conversation: { ...conversation, unread } } };
  }),

  given('a page is taken without its last entry', (input) => {
    if (input.type !== 'fetched' || input.call !== 'listMessages') return input;
    const { entries, headSeq } = input.answer;
    if (entries.length === 0) return input;
    const head = String(Number(headSeq) - 1);
    return { ...input, answer: { ...input.answer, entries: entries.slice(0, -1), headSeq: head } };
  }),

  given('receipts of others are taken for all they have', (input) => {
    if (input.type !== 'received' || input.name !== 'receipt') return input;
    return { ...input, payload: { ...input.payload, kind: 2 } };
  }),

  core(
    'what was read is never told',
    class extends Sync {
      override nextEffect(): Effect | undefined {
        for (let effect = super.nextEffect(); effect; effect = super.nextEffect()) {
          if (effect.type !== 'publish' || effect.name !== 'receipt') return effect;
          super.handle({ type: 'published', token: effect.token }, 0);
        }
        return undefined;
      }
    },
  ),

  core(
    'a refused send is dropped without a word',
    class extends Sync {
      override handle(input: Input, now: number): void {
        super.handle(input, now);
        if (input.type !== 'received' || input.name !== 'ack' || !input.payload.code) return;
        super.handle({ type: 'discard', clientMessageId: input.payload.clientMessageId ?? '' }, now);
      }
    },
  ),

  {
    name: 'what could not be kept is said to be kept',
    storage: (agenda, random) =>
      new (class extends DeviceStorage {
        override write(...[transaction, done]: Parameters<DeviceStorage['write']>): void {
          super.write(transaction, () => done(true));
        }
      })(agenda, random),
  },

  {
    name: 'it is said to be kept before it is',
    storage: (agenda, random) =>
      new (class extends DeviceStorage {
        override write(...[transaction, done]: Parameters<DeviceStorage['write']>): void {
          super.write(transaction, () => {});
          agenda.after(0, () => done(true));
        }
      })(agenda, random),
  },

  {
    name: 'the outbox is forgotten with the page',
    storage: (agenda, random) =>
      new (class extends DeviceStorage {
        override saved(): SavedState {
          return { ...super.saved(), outbox: [] };
        }
      })(agenda, random),
  },

  {
    name: 'the cursor is kept without its entries',
    storage: (agenda, random) =>
      new (class extends DeviceStorage {
        override saved(): SavedState {
          const saved = super.saved();
          const conversations = saved.conversations.map((row) =>
            row.log
              ? { ...row, log: { ...row.log, newest: { ...row.log.newest, to: row.log.newest.to + 1 } } }
              : row,
          );
          return { ...saved, conversations };
        }
      })(agenda, random),
  },
];
