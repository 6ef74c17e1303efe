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
import type { Storage } from './storage.ts';

/** The tables with their keys; a change of them raises the version. */
const version = 1;
const keyPaths = {
  meta: undefined,
  conversations: 'conversationId',
  positions: 'conversationId',
  entries: ['conversationId', 'entry.seq'],
  outbox: 'clientMessageId',
};

type Table = keyof typeof keyPaths;

const tables = Object.keys(keyPaths) as Table[];
const metaKey = 'meta';

/** Keeps a copy in the browser, in a database of its own for each user. */
export class IndexedDbStorage implements Storage {
  readonly #name: string;
  #database: Promise<IDBDatabase> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  async open(): Promise<SavedState> {
    const transaction = await this.#begin(['meta', 'conversations', 'outbox'], 'readonly');
    const [meta, conversations, outbox] = await Promise.all([
      answer<MetaRow | undefined>(transaction.objectStore('meta').get(metaKey)),
      answer<ConversationRow[]>(transaction.objectStore('conversations').getAll()),
      answer<OutboxRow[]>(transaction.objectStore('outbox').getAll()),
    ]);
    return { ...(meta && { meta }), conversations, outbox };
  }

  async commit(changes: Transaction): Promise<void> {
    const transaction = await this.#begin(tables, 'readwrite');
    const committed = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    try {
      write(changes, (table) => transaction.objectStore(table));
    } catch (error) {
      // What is no data throws before it is asked for, and what was asked for before it is undone.
      transaction.abort();
      await committed.catch(() => {});
      throw error;
    }
    await committed;
  }

  async loadEntries(conversationId: string, { from, to }: SeqRange): Promise<EntryRow['entry'][]> {
    const transaction = await this.#begin(['entries'], 'readonly');
    const range = rangeOf(conversationId, from, to);
    const rows = await answer<EntryRow[]>(transaction.objectStore('entries').getAll(range));
    return rows.map(({ entry }) => entry);
  }

  async loadPositions(conversationId: string): Promise<PositionsRow['members'] | undefined> {
    const transaction = await this.#begin(['positions'], 'readonly');
    const row = await answer<PositionsRow | undefined>(
      transaction.objectStore('positions').get(conversationId),
    );
    return row?.members;
  }

  close(): void {
    const database = this.#database;
    this.#database = undefined;
    database?.then(
      (opened) => opened.close(),
      () => {},
    );
  }

  async #begin(names: Table[], mode: IDBTransactionMode): Promise<IDBTransaction> {
    const opening = this.#database ?? this.#open();
    try {
      return (await opening).transaction(names, mode, { durability: 'strict' });
    } catch (error) {
      // Storage that could not be opened, or that the browser closed or cleared, is opened anew the next time.
      if (this.#database === opening) this.#database = undefined;
      throw error;
    }
  }

  #open(): Promise<IDBDatabase> {
    const request = indexedDB.open(this.#name, version);
    request.onupgradeneeded = () => {
      for (const table of tables) {
        const keyPath = keyPaths[table];
        request.result.createObjectStore(table, keyPath === undefined ? {} : { keyPath });
      }
    };
    const opening = answer(request).then((database) => {
      // A page of a later version waits for this one.
      database.onversionchange = () => database.close();
      return database;
    });
    this.#database = opening;
    return opening;
  }
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Above every seq. */
const lastSeq = Number.MAX_SAFE_INTEGER;

/** A request that fails aborts the transaction, which tells it once for all. */
function write(changes: Transaction, storeOf: (table: Table) => IDBObjectStore): void {
  const { clear, removedConversations, meta, removedSends } = changes;
  if (clear) for (const table of tables) if (table !== 'outbox') storeOf(table).clear();
  for (const id of removedConversations) {
    storeOf('conversations').delete(id);
    storeOf('positions').delete(id);
    storeOf('entries').delete(rangeOf(id, 0, lastSeq));
  }
  if (meta) storeOf('meta').put(meta, metaKey);
  for (const table of ['conversations', 'positions', 'entries', 'outbox'] as const) {
    for (const row of changes[table]) storeOf(table).put(row);
  }
  for (const id of removedSends) storeOf('outbox').delete(id);
}

function rangeOf(conversationId: string, from: number, to: number): IDBKeyRange {
  return IDBKeyRange.bound([conversationId, from], [conversationId, to]);
}
