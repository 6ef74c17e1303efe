import { defaultAmendPolicy, defaultReplyPolicy, type Millis } from '@skein/chat';
import type { Refusal, UserId } from '@skein/protocol';
import {
  type Feed,
  type Found,
  type InboxPosition,
  type Members,
  type Missed,
  type Operation,
  type Outcome,
  type Page,
  type PageRange,
  type Reader,
  type SavedSession,
  type SearchQuery,
  type Sender,
  type Store,
  StoreUnavailable,
  type UnreadStatics,
} from '../store.ts';
import { checkDatabase } from './check.ts';
import { Checkpointer } from './checkpointer.ts';
import { type CommitPolicy, Committer } from './committer.ts';
import { lockDirectory } from './database.ts';
import { Groups } from './groups.ts';
import { IdSequence } from './id-sequence.ts';
import { Lists } from './lists.ts';
import { Reading } from './reading.ts';
import { SessionTable } from './sessions.ts';
import { openTables, type Tables, transaction } from './tables.ts';
import { replay, WriteBehind } from './write-behind.ts';

export interface SqliteStoreOptions {
  readonly dataDir: string;
  readonly policy?: Partial<CommitPolicy>;
  readonly clock?: () => Millis;
  /** Told about the store going away and coming back, for the log. */
  readonly onHealth?: (healthy: boolean, error?: unknown) => void;
}

/** Projections are written this often: what a crash costs is reading so much of the log again. */
const flushIntervalMs = 1_000;

/** A store that could not commit is opened anew at most this often. */
const reopenIntervalMs = 500;

/** Opens or makes the store in a data directory. @throws when another process has it, or it cannot be read. */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  return new SqliteStore(options);
}

/** Everything that hangs on one opening of the database. */
interface Opened extends Tables {
  readonly committer: Committer;
  readonly writeBehind: WriteBehind;
  readonly lists: Lists;
  readonly reading: Reading;
  readonly groups: Groups;
  readonly sessions: SessionTable;
  readonly ids: IdSequence;
  readonly checkpointer: Checkpointer;
}

class SqliteStore implements Store {
  readonly epoch: string;
  private readonly options: SqliteStoreOptions;
  private readonly policy: CommitPolicy;
  private readonly clock: () => Millis;
  private readonly unlock: () => void;
  private readonly timer: NodeJS.Timeout;
  private opened: Opened | undefined;
  private lastReopen = 0;

  constructor(options: SqliteStoreOptions) {
    this.options = options;
    this.policy = {
      reply: defaultReplyPolicy,
      amend: defaultAmendPolicy,
      direct: 'everyone',
      ...options.policy,
    };
    this.clock = options.clock ?? Date.now;
    this.unlock = lockDirectory(options.dataDir);
    try {
      this.opened = this.open();
    } catch (error) {
      this.unlock();
      throw error;
    }
    this.epoch = this.opened.epoch;
    this.timer = setInterval(() => this.flush(), flushIntervalMs);
    this.timer.unref();
  }

  get healthy(): boolean {
    return this.opened !== undefined;
  }

  private open(): Opened {
    const tables = openTables(this.options.dataDir);
    try {
      replay(tables, this.policy.reply);
      const ids = new IdSequence(tables.entries.lastId());
      const writeBehind = new WriteBehind(tables);
      return {
        ...tables,
        ids,
        writeBehind,
        committer: new Committer(tables, this.policy, ids, this.clock),
        lists: new Lists(tables, writeBehind),
        reading: new Reading(tables),
        groups: new Groups(tables),
        sessions: new SessionTable(tables.db),
        checkpointer: new Checkpointer(this.options.dataDir, tables.db),
      };
    } catch (error) {
      tables.db.close();
      throw error;
    }
  }

  /** L3: after a failure nothing is done until the store has been opened anew and its log read back. */
  private ready(): Opened {
    if (this.opened) return this.opened;
    const now = performance.now();
    if (now - this.lastReopen < reopenIntervalMs)
      throw new StoreUnavailable('the store cannot be written to');
    this.lastReopen = now;
    try {
      this.opened = this.open();
    } catch (error) {
      throw new StoreUnavailable(`the store cannot be opened: ${describe(error)}`);
    }
    this.options.onHealth?.(true);
    return this.opened;
  }

  /** Runs a piece of work; when the database fails, everything in memory is given up. */
  private attempt<T>(work: (opened: Opened) => T): T {
    const opened = this.ready();
    try {
      return work(opened);
    } catch (error) {
      this.giveUp(opened, error);
      throw new StoreUnavailable(`the store cannot keep anything: ${describe(error)}`);
    }
  }

  private giveUp(opened: Opened, error: unknown): void {
    this.opened = undefined;
    this.lastReopen = performance.now();
    void opened.checkpointer.close();
    try {
      opened.db.close();
    } catch {
      // A connection that cannot be closed is dropped; the next opening reads what is on the disk.
    }
    this.options.onHealth?.(false, error);
  }

  private write<T>(work: (opened: Opened) => T): T {
    return this.attempt((opened) => transaction(opened.db, () => work(opened)));
  }

  private flush(): void {
    if (!this.opened) return;
    try {
      this.attempt((opened) => {
        opened.writeBehind.flush();
        opened.checkpointer.consider();
      });
    } catch {
      // Told by onHealth; the next commit opens the store anew.
    }
  }

  async commit(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    return this.write((opened) => opened.committer.run(operations));
  }

  async page(reader: Reader, conversationId: string, range: PageRange): Promise<Page | Refusal> {
    return this.attempt(({ reading }) => reading.page(reader, conversationId, range));
  }

  async missed(userId: UserId, after: InboxPosition, limit: number): Promise<Missed> {
    return this.attempt(({ lists }) => lists.missed(userId, after, limit));
  }

  async inboxPosition(userId: UserId): Promise<InboxPosition> {
    return this.attempt(({ lists }) => lists.inboxPosition(userId));
  }

  async feed(userId: UserId, sinceVersion: number, limit: number): Promise<Feed> {
    return this.attempt(({ lists }) => lists.feed(userId, sinceVersion, limit));
  }

  async unread(userId: UserId, limit: number): Promise<UnreadStatics> {
    return this.attempt(({ lists }) => lists.unread(userId, limit));
  }

  async members(reader: Reader, conversationId: string): Promise<Members | Refusal> {
    return this.attempt(({ reading }) => reading.members(reader, conversationId));
  }

  async search(reader: Reader, query: SearchQuery): Promise<Found | Refusal> {
    return this.attempt(({ reading }) => reading.search(reader, query));
  }

  async register(user: Sender, name: string | undefined): Promise<void> {
    const known = this.attempt(({ users }) => users.get(user.userId));
    if (known.role === user.role && (name === undefined || known.name === name)) return;
    this.write(({ groups }) => groups.register(user, name));
  }

  async createGroup(
    owner: UserId,
    name: string,
    members: readonly UserId[],
  ): Promise<{ groupId: string; conversationId: string }> {
    return this.write(({ groups, ids }) => {
      const groupId = ids.next(this.clock()).id.toString();
      return { groupId, conversationId: groups.create(owner, groupId, name, members) };
    });
  }

  async addMembers(by: UserId, conversationId: string, users: readonly UserId[]): Promise<Members | Refusal> {
    return this.write(({ groups }) => groups.add(by, conversationId, users));
  }

  async removeMembers(
    by: UserId,
    conversationId: string,
    users: readonly UserId[],
  ): Promise<Members | Refusal> {
    return this.write(({ groups }) => groups.remove(by, conversationId, users));
  }

  async deleteGroup(by: UserId, conversationId: string): Promise<Refusal | undefined> {
    return this.write(({ groups }) => groups.delete(by, conversationId));
  }

  async loadSession(userId: UserId, clientId: string): Promise<SavedSession | undefined> {
    return this.attempt(({ sessions }) => sessions.load(userId, clientId));
  }

  async saveSessions(sessions: readonly SavedSession[]): Promise<void> {
    if (sessions.length === 0) return;
    this.write((opened) => {
      for (const session of sessions) opened.sessions.save(session);
    });
  }

  async deleteSession(userId: UserId, clientId: string): Promise<void> {
    this.write(({ sessions }) => sessions.delete(userId, clientId));
  }

  async expireSessions(endedBefore: Millis, limit: number): Promise<number> {
    return this.write(({ sessions }) => sessions.expire(endedBefore, limit));
  }

  async check(progress?: (done: number, total: number) => void): Promise<readonly string[]> {
    return this.attempt(({ db, writeBehind }) => {
      writeBehind.flush();
      return checkDatabase(db, this.policy.reply, progress);
    });
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    const { opened } = this;
    if (opened) {
      this.flush();
      await opened.checkpointer.close();
      this.opened = undefined;
      if (opened.db.isOpen) opened.db.close();
    }
    this.unlock();
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
