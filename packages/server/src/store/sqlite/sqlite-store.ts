import { setImmediate } from 'node:timers/promises';
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
  type StorePolicy,
  StoreUnavailable,
  type UnreadStatics,
} from '../store.ts';
import { checkDatabase } from './check.ts';
import { Checkpointer } from './checkpointer.ts';
import { Committer } from './committer.ts';
import { describeError, lockDirectory } from './database.ts';
import { Groups } from './groups.ts';
import { IdSequence } from './id-sequence.ts';
import { Inbox } from './inbox.ts';
import { Lists } from './lists.ts';
import { Reading } from './reading.ts';
import { SessionTable } from './sessions.ts';
import { openTables, type Tables, transaction } from './tables.ts';
import { serves } from './users.ts';
import { replay, WriteBehind } from './write-behind.ts';

export interface SqliteStoreOptions {
  readonly dataDir: string;
  readonly policy?: Partial<StorePolicy>;
  readonly clock?: () => Millis;
  /** Told about the store going away and coming back, for the log. */
  readonly onHealth?: (healthy: boolean, error?: unknown) => void;
}

/** Projections are written this often: what a crash costs is reading so much of the log again. */
const flushIntervalMs = 1_000;

/** Between two slices of that writing, commits have their turn. */
const sliceIntervalMs = 10;

/** After a failure, writing and opening are tried again at most this often. */
const retryIntervalMs = 500;

/** Opens or makes the store in a data directory. @throws when another process has it, or it cannot be read. */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  return new SqliteStore(options);
}

/** Everything that hangs on one opening of the database. */
interface Opened extends Tables {
  readonly committer: Committer;
  readonly writeBehind: WriteBehind;
  readonly lists: Lists;
  readonly inbox: Inbox;
  readonly reading: Reading;
  readonly groups: Groups;
  readonly sessions: SessionTable;
  readonly ids: IdSequence;
  readonly checkpointer: Checkpointer;
}

class SqliteStore implements Store {
  readonly epoch: string;
  private readonly options: SqliteStoreOptions;
  private readonly policy: StorePolicy;
  private readonly clock: () => Millis;
  private readonly unlock: () => void;
  private timer: NodeJS.Timeout;
  private opened: Opened | undefined;
  /** Why the last write failed, and when the next may try; undefined while all is well. */
  private failure: { readonly reason: string; readonly retryAt: number } | undefined;
  private openAgainAt = 0;
  private closed = false;

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
      this.epoch = this.opened.meta.get('epoch')!;
    } catch (error) {
      this.unlock();
      throw error;
    }
    this.timer = this.tickAfter(flushIntervalMs);
  }

  get healthy(): boolean {
    return this.failure === undefined;
  }

  private open(): Opened {
    const tables = openTables(this.options.dataDir);
    try {
      replay(tables, this.policy.reply);
      const lastGroup = BigInt(tables.meta.get('last_group') ?? 0);
      const lastEntry = tables.entries.lastId();
      const ids = new IdSequence(lastGroup > lastEntry ? lastGroup : lastEntry);
      return {
        ...tables,
        ids,
        writeBehind: new WriteBehind(tables),
        committer: new Committer(tables, this.policy, ids, this.clock),
        lists: new Lists(tables),
        inbox: new Inbox(tables),
        reading: new Reading(tables),
        groups: new Groups(tables, this.policy.direct),
        sessions: new SessionTable(tables.db),
        checkpointer: new Checkpointer(this.options.dataDir, tables.db, () => this.checkpoint()),
      };
    } catch (error) {
      tables.db.close();
      throw error;
    }
  }

  /** L3: after a failure nothing is done until the store has been opened anew and its log read back. */
  private ready(): Opened {
    if (this.opened) return this.opened;
    if (this.closed) throw new StoreUnavailable('the store is closed');
    if (performance.now() < this.openAgainAt) throw new StoreUnavailable(this.failure!.reason);
    try {
      this.opened = this.open();
    } catch (error) {
      this.openAgainAt = performance.now() + retryIntervalMs;
      throw this.fail('the store cannot be opened', error);
    }
    return this.opened;
  }

  /** Reading goes on while nothing can be written. */
  private read<T>(work: (opened: Opened) => T): T {
    const opened = this.ready();
    try {
      return work(opened);
    } catch (error) {
      if (!isDatabaseError(error)) throw error;
      this.giveUp(opened);
      this.openAgainAt = performance.now() + retryIntervalMs;
      throw this.fail('the store cannot be read', error);
    }
  }

  /** One durable transaction. When it fails, the next reader opens the store anew, and the next writer waits. */
  private write<T>(work: (opened: Opened) => T): T {
    const result = this.attempt((opened) => transaction(opened.db, () => work(opened)));
    if (this.failure) {
      this.failure = undefined;
      this.options.onHealth?.(true);
    }
    return result;
  }

  private attempt<T>(work: (opened: Opened) => T): T {
    if (this.failure && performance.now() < this.failure.retryAt) {
      throw new StoreUnavailable(this.failure.reason);
    }
    const opened = this.ready();
    try {
      return work(opened);
    } catch (error) {
      // What is in memory may be half changed, whatever went wrong.
      this.giveUp(opened);
      // A fault of ours is none of the disk's: who caused it is told, and nobody else waits.
      if (!isDatabaseError(error)) throw error;
      throw this.fail('the store cannot be written to', error);
    }
  }

  /** Forgets everything in memory, which may tell what was not kept. */
  private giveUp({ db, checkpointer }: Opened): void {
    this.opened = undefined;
    void checkpointer.close();
    try {
      db.close();
    } catch {
      // A connection that cannot be closed is dropped; the next opening reads what is on the disk.
    }
  }

  private fail(what: string, error: unknown): StoreUnavailable {
    const failedBefore = this.failure !== undefined;
    const reason = `${what}: ${describeError(error)}`;
    this.failure = { reason, retryAt: performance.now() + retryIntervalMs };
    if (!failedBefore) this.options.onHealth?.(false, error);
    return new StoreUnavailable(reason, { cause: error });
  }

  private tickAfter(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => this.tick(), delayMs).unref();
  }

  private tick(): void {
    let more = false;
    try {
      // A write that changes nothing shows whether there is room again.
      if (this.failure) this.write(({ meta }) => meta.set('epoch', this.epoch));
      more = this.attempt(({ writeBehind }) => writeBehind.step());
    } catch {
      // Told by onHealth; the next tick tries again.
    }
    if (!more) this.checkpoint();
    this.timer = this.tickAfter(more ? sliceIntervalMs : flushIntervalMs);
  }

  private checkpoint(): void {
    if (!this.opened) return;
    try {
      this.attempt(({ checkpointer }) => checkpointer.consider());
    } catch {
      // Told by onHealth.
    }
  }

  async commit(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    return this.write((opened) => opened.committer.run(operations));
  }

  async page(reader: Reader, conversationId: string, range: PageRange): Promise<Page | Refusal> {
    return this.read(({ reading }) => reading.page(reader, conversationId, range));
  }

  async missed(userId: UserId, after: InboxPosition, limit: number): Promise<Missed> {
    const missed = this.read(({ inbox }) => inbox.missed(userId, after, limit));
    // A caller that goes on at once shall not keep others from their turn.
    if (missed.more && missed.entries.length < limit) await setImmediate();
    return missed;
  }

  async inboxPosition(userId: UserId): Promise<InboxPosition> {
    return this.read(({ inbox }) => inbox.position(userId));
  }

  async feed(userId: UserId, sinceVersion: number, limit: number): Promise<Feed> {
    return this.read(({ lists }) => lists.feed(userId, sinceVersion, limit));
  }

  async unread(userId: UserId, limit: number): Promise<UnreadStatics> {
    return this.read(({ lists }) => lists.unread(userId, limit));
  }

  async members(reader: Reader, conversationId: string): Promise<Members | Refusal> {
    return this.read(({ reading }) => reading.members(reader, conversationId));
  }

  async search(reader: Reader, query: SearchQuery): Promise<Found | Refusal> {
    this.attempt(({ writeBehind }) => writeBehind.flushNumbers());
    return this.read(({ reading }) => reading.search(reader, query));
  }

  async register(user: Sender, name: string | undefined): Promise<void> {
    const known = this.read(({ users }) => users.get(user.userId));
    if (known.role === user.role && (name === undefined || known.name === name)) return;
    // See ServiceMembers: it changes rows, not memory.
    const membershipsChange = serves(known.role) !== serves(user.role);
    if (membershipsChange) this.attempt(({ writeBehind }) => writeBehind.flush());
    this.write(({ groups }) => groups.register(user, name));
    if (membershipsChange) this.attempt(({ writeBehind }) => writeBehind.forget());
  }

  async createGroup(
    owner: Sender,
    name: string,
    members: readonly UserId[],
  ): Promise<{ groupId: string; conversationId: string } | Refusal> {
    return this.write(({ groups, ids }) => groups.create(owner, ids.next(this.clock()), name, members));
  }

  async addMembers(by: Sender, conversationId: string, users: readonly UserId[]): Promise<Members | Refusal> {
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
    return this.read(({ sessions }) => sessions.load(userId, clientId));
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
    this.attempt(({ writeBehind }) => writeBehind.flush());
    return this.read(({ db }) => checkDatabase(db, this.policy.reply, progress));
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.timer);
    const { opened } = this;
    this.opened = undefined;
    try {
      opened?.writeBehind.flush();
    } catch {
      // What could not be written is made good from the log when the store is opened again.
    }
    await opened?.checkpointer.close();
    if (opened?.db.isOpen) opened.db.close();
    this.unlock();
  }
}

function isDatabaseError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}
