import type { SeqRange } from '@skein/chat';
import type {
  ConversationRow,
  EntryRow,
  MetaRow,
  OutboxRow,
  PositionsRow,
  SavedState,
  Transaction,
} from '@skein/sync';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Storage } from './storage.ts';

interface Tables extends DBSchema {
  meta: { key: string; value: MetaRow };
  conversations: { key: string; value: ConversationRow };
  positions: { key: string; value: PositionsRow };
  entries: { key: [conversationId: string, seq: number]; value: EntryRow };
  outbox: { key: string; value: OutboxRow };
}

const tables = ['meta', 'conversations', 'positions', 'entries', 'outbox'] as const;
const metaKey = 'meta';

/** A change of the tables raises this. */
const version = 1;

/** Above every seq. */
const lastSeq = Number.MAX_SAFE_INTEGER;

/** Keeps a copy in the browser, in a database of its own for each user. */
export class IndexedDbStorage implements Storage {
  readonly #name: string;
  #database: Promise<IDBPDatabase<Tables>> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  async open(): Promise<SavedState> {
    const database = await this.#open();
    const transaction = database.transaction(['meta', 'conversations', 'outbox']);
    const [meta, conversations, outbox] = await Promise.all([
      transaction.objectStore('meta').get(metaKey),
      transaction.objectStore('conversations').getAll(),
      transaction.objectStore('outbox').getAll(),
    ]);
    return { ...(meta && { meta }), conversations, outbox };
  }

  async commit(changes: Transaction): Promise<void> {
    const database = await this.#open();
    const transaction = database.transaction(tables, 'readwrite', { durability: 'strict' });
    try {
      write(changes, (name) => transaction.objectStore(name));
    } catch (error) {
      transaction.abort();
      await transaction.done.catch(() => {});
      throw error;
    }
    await transaction.done;
  }

  async loadEntries(conversationId: string, { from, to }: SeqRange): Promise<EntryRow['entry'][]> {
    const database = await this.#open();
    const rows = await database.getAll('entries', range(conversationId, from, to));
    return rows.map(({ entry }) => entry);
  }

  async loadPositions(conversationId: string): Promise<PositionsRow['members'] | undefined> {
    const database = await this.#open();
    return (await database.get('positions', conversationId))?.members;
  }

  close(): void {
    this.#database?.then(
      (database) => database.close(),
      () => {},
    );
    this.#database = undefined;
  }

  /** Opens it again after it failed or the browser closed it: storage that was cleared is made anew. */
  #open(): Promise<IDBPDatabase<Tables>> {
    if (this.#database !== undefined) return this.#database;
    const opening = openDB<Tables>(this.#name, version, {
      upgrade(database) {
        database.createObjectStore('meta');
        database.createObjectStore('conversations', { keyPath: 'conversationId' });
        database.createObjectStore('positions', { keyPath: 'conversationId' });
        database.createObjectStore('entries', { keyPath: ['conversationId', 'entry.seq'] });
        database.createObjectStore('outbox', { keyPath: 'clientMessageId' });
      },
      // A page of a later version waits for this one.
      blocking: (_current, _blocked, event) => {
        (event.target as IDBDatabase).close();
        forget();
      },
      terminated: () => forget(),
    });
    const forget = () => {
      if (this.#database === opening) this.#database = undefined;
    };
    opening.catch(forget);
    this.#database = opening;
    return opening;
  }
}

type Store = {
  put(row: unknown, key?: string): Promise<unknown>;
  delete(key: unknown): Promise<unknown>;
  clear(): Promise<unknown>;
};

function write(changes: Transaction, storeOf: (name: (typeof tables)[number]) => unknown): void {
  // Each request's failure aborts the transaction, which tells it once for all.
  const ask = (request: Promise<unknown>) => void request.catch(() => {});
  const store = (name: (typeof tables)[number]) => storeOf(name) as Store;
  if (changes.clear) for (const name of tables) if (name !== 'outbox') ask(store(name).clear());
  for (const id of changes.removedConversations) {
    ask(store('conversations').delete(id));
    ask(store('positions').delete(id));
    ask(store('entries').delete(range(id, 0, lastSeq)));
  }
  if (changes.meta) ask(store('meta').put(changes.meta, metaKey));
  for (const name of ['conversations', 'positions', 'entries', 'outbox'] as const) {
    for (const row of changes[name]) ask(store(name).put(row));
  }
  for (const id of changes.removedSends) ask(store('outbox').delete(id));
}

function range(conversationId: string, from: number, to: number): IDBKeyRange {
  return IDBKeyRange.bound([conversationId, from], [conversationId, to]);
}
