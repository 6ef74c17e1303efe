import type { LogEntry, Transaction } from '@skein/sync';
import type { Storage } from '../storage.ts';

/**
 * What every storage must hold. Plain functions that throw, because one of the implementations lives in a page, where
 * no test runner is.
 */
export interface StorageCase {
  readonly name: string;
  /** @param openAgain another storage on the same device, as after a reload */
  run(openAgain: () => Storage): Promise<void>;
}

export const storageContract: readonly StorageCase[] = [
  {
    name: 'a new device has nothing',
    async run(open) {
      equal(await open().open(), { conversations: [], outbox: [] });
    },
  },
  {
    name: 'Q1 S3 what was committed is there after a reload',
    async run(open) {
      const storage = open();
      await storage.open();
      await storage.commit(
        changes({
          meta: { epoch: 'e', feedVersion: 7 },
          conversations: [conversation('dm:1:2')],
          entries: [1, 2, 3].map((seq) => ({ conversationId: 'dm:1:2', entry: entry(seq) })),
          positions: [{ conversationId: 'dm:1:2', members: [{ userId: '2', delivered: 3, read: 1 }] }],
          outbox: [send('77')],
        }),
      );
      storage.close();
      const later = open();
      equal(await later.open(), {
        meta: { epoch: 'e', feedVersion: 7 },
        conversations: [conversation('dm:1:2')],
        outbox: [send('77')],
      });
      equal(await later.loadEntries('dm:1:2', { from: 2, to: 9 }), [entry(2), entry(3)]);
      equal(await later.loadPositions('dm:1:2'), [{ userId: '2', delivered: 3, read: 1 }]);
      equal(await later.loadPositions('dm:1:3'), undefined);
    },
  },
  {
    name: 'rows replace those with the same key, and sends are removed',
    async run(open) {
      const storage = open();
      await storage.open();
      await storage.commit(changes({ outbox: [send('1'), send('2')], meta: { feedVersion: 1 } }));
      await storage.commit(
        changes({ outbox: [{ ...send('2'), sendOrder: 9 }], removedSends: ['1'], meta: { feedVersion: 2 } }),
      );
      storage.close();
      equal(await open().open(), {
        meta: { feedVersion: 2 },
        conversations: [],
        outbox: [{ ...send('2'), sendOrder: 9 }],
      });
    },
  },
  {
    name: 'entries are ordered by number, and each conversation has its own',
    async run(open) {
      const storage = open();
      await storage.open();
      const rows = [10, 9, 100, 1].map((seq) => ({ conversationId: 'cs:1:1', entry: entry(seq) }));
      await storage.commit(changes({ entries: [...rows, { conversationId: 'cs:1:11', entry: entry(5) }] }));
      equal(await storage.loadEntries('cs:1:1', { from: 1, to: 100 }), [1, 9, 10, 100].map(entry));
      equal(await storage.loadEntries('cs:1:11', { from: 1, to: 100 }), [entry(5)]);
      equal(await storage.loadEntries('cs:1:2', { from: 1, to: 100 }), []);
    },
  },
  {
    name: 'a conversation that is removed takes its entries and positions along',
    async run(open) {
      const storage = open();
      await storage.open();
      for (const id of ['dm:1:2', 'dm:1:3']) {
        await storage.commit(
          changes({
            conversations: [conversation(id)],
            entries: [{ conversationId: id, entry: entry(1) }],
            positions: [{ conversationId: id, members: [] }],
          }),
        );
      }
      await storage.commit(changes({ removedConversations: ['dm:1:2'] }));
      equal((await storage.open()).conversations, [conversation('dm:1:3')]);
      equal(await storage.loadEntries('dm:1:2', { from: 1, to: 9 }), []);
      equal(await storage.loadPositions('dm:1:2'), undefined);
      equal(await storage.loadEntries('dm:1:3', { from: 1, to: 9 }), [entry(1)]);
    },
  },
  {
    name: 'S4 another epoch empties everything but the outbox, before the new rows are put',
    async run(open) {
      const storage = open();
      await storage.open();
      await storage.commit(
        changes({
          meta: { epoch: 'old', feedVersion: 3 },
          conversations: [conversation('dm:1:2')],
          entries: [{ conversationId: 'dm:1:2', entry: entry(1) }],
          outbox: [send('5')],
        }),
      );
      await storage.commit(changes({ clear: true, meta: { epoch: 'new', feedVersion: 0 } }));
      storage.close();
      const later = open();
      equal(await later.open(), {
        meta: { epoch: 'new', feedVersion: 0 },
        conversations: [],
        outbox: [send('5')],
      });
      equal(await later.loadEntries('dm:1:2', { from: 1, to: 9 }), []);
    },
  },
  {
    name: 'S3 a transaction that fails leaves nothing of itself, and the next one works',
    async run(open) {
      const storage = open();
      await storage.open();
      const unkeepable = { ...entry(1), content: (() => 'no data') as unknown as string, seq: 1n as never };
      let failed = false;
      await storage
        .commit(
          changes({
            meta: { feedVersion: 9 },
            entries: [
              { conversationId: 'dm:1:2', entry: entry(2) },
              { conversationId: 'dm:1:2', entry: unkeepable },
            ],
          }),
        )
        .catch(() => {
          failed = true;
        });
      equal(failed, true);
      equal(await storage.open(), { conversations: [], outbox: [] });
      equal(await storage.loadEntries('dm:1:2', { from: 1, to: 9 }), []);
      await storage.commit(changes({ meta: { feedVersion: 1 } }));
      equal((await storage.open()).meta, { feedVersion: 1 });
    },
  },
];

function changes(given: Partial<Transaction>): Transaction {
  return {
    clear: false,
    removedConversations: [],
    conversations: [],
    positions: [],
    entries: [],
    outbox: [],
    removedSends: [],
    ...given,
  };
}

function entry(seq: number): LogEntry {
  return {
    seq,
    senderId: '2',
    time: 1_000 + seq,
    messageType: 1,
    fromCustomer: false,
    messageId: String(seq),
    content: `message ${seq} 你好`,
  };
}

function conversation(conversationId: string) {
  return {
    conversationId,
    list: { version: 1, lastSeq: 3, readSeq: 0, unread: 3, updateTime: 1_003 },
    log: { newest: { from: 1, to: 3 }, older: [] },
    reached: { delivered: 0, read: 0 },
    own: { read: 0, deliveredTold: 0, readTold: 0 },
  };
}

function send(clientMessageId: string) {
  const content = { content: 'hello' };
  return { clientMessageId, conversationId: 'dm:1:2', sendOrder: 1, content, contextSeq: 0, clientTime: 1 };
}

function equal(found: unknown, wanted: unknown): void {
  const [is, should] = [stable(found), stable(wanted)];
  if (is !== should) throw new Error(`found ${is}, wanted ${should}`);
}

/** As JSON with sorted keys: a database may give a row's keys in another order. */
function stable(value: unknown): string {
  return String(
    JSON.stringify(value, (_key, inner: unknown) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ),
  );
}
