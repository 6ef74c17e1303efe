import type { Millis } from '@skein/chat';
import { isRefusal, type Refusal } from '@skein/protocol';
import {
  type Members,
  type Operation,
  type Outcome,
  type Reader,
  type SavedSession,
  type Sender,
  type Store,
  StoreUnavailable,
} from '@skein/server/parts';
import type { Random } from '@skein/testkit';
import type { Agenda } from '../agenda.ts';

/** What becomes of a transaction whose process ends while it is being written: all of it is kept, or nothing. */
export type Torn = 'kept' | 'lost';

export interface DiskManners {
  readonly writeMs: readonly [least: Millis, most: Millis];
  /** The share of reads that take a moment, in which others go on. */
  readonly slowReads: number;
}

export interface StoreWitness {
  /** Who is in a group now. */
  membersAre(conversationId: string, members: readonly string[]): void;
  /** Nothing of a transaction is kept. */
  failed(): void;
  /** A transaction is on the disk, whether anybody will hear of it or not. */
  committed(operations: readonly Operation[], outcomes: readonly Outcome[]): void;
}

interface Write {
  readonly run: () => Promise<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A store as one process of the server has it: transactions one after the other that take time, reads that may take
 * time too, failures, and the end of the process, after which nothing is answered.
 */
export class SlowStore implements Store {
  /** Writing fails until then: the disk is full. */
  failsUntil: Millis = 0;
  /** Called when the next commit is about to be written: the process ends there. */
  endAtCommit: (() => void) | undefined;
  readonly #inner: Store;
  readonly #witness: StoreWitness;
  readonly #agenda: Agenda;
  readonly #random: Random;
  readonly #manners: DiskManners;
  #writes: Write[] = [];
  readonly #registered = new Set<string>();
  #ended = false;

  constructor(inner: Store, witness: StoreWitness, agenda: Agenda, random: Random, manners: DiskManners) {
    this.#inner = inner;
    this.#witness = witness;
    this.#agenda = agenda;
    this.#random = random;
    this.#manners = manners;
  }

  get epoch(): string {
    return this.#inner.epoch;
  }

  get healthy(): boolean {
    return this.#agenda.now >= this.failsUntil;
  }

  /** The process is gone. @returns whether it was writing */
  end(torn: Torn): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    const [write] = this.#writes;
    if (torn === 'kept') void write?.run();
    this.#writes = [];
    return write !== undefined;
  }

  #write<T>(run: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#writes.push({ run, resolve, reject });
      if (this.#writes.length === 1) this.#begin();
    });
  }

  #begin(): void {
    const [least, most] = this.#manners.writeMs;
    this.#agenda.after(this.#random.integer(least, most), () => this.#finish());
  }

  #finish(): void {
    const write = this.#writes[0];
    if (this.#ended || !write) return;
    if (this.healthy) {
      write.run().then(
        (value) => this.#answer(() => write.resolve(value as never)),
        (error: Error) => this.#answer(() => write.reject(error)),
      );
    } else {
      this.#witness.failed();
      this.#answer(() => write.reject(new StoreUnavailable('the disk is full')));
    }
  }

  #answer(tell: () => void): void {
    if (this.#ended) return;
    this.#writes.shift();
    if (this.#writes.length > 0) this.#begin();
    tell();
  }

  #read<T>(run: () => Promise<T>): Promise<T> {
    if (this.#ended) return new Promise(() => {});
    if (!this.#random.chance(this.#manners.slowReads)) return run();
    return new Promise((resolve, reject) => {
      this.#agenda.after(this.#random.integer(1, 4), () => {
        if (!this.#ended) run().then(resolve, reject);
      });
    });
  }

  commit(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    const { endAtCommit } = this;
    if (endAtCommit) {
      this.endAtCommit = undefined;
      this.#agenda.after(0, endAtCommit);
    }
    return this.#write(async () => {
      const outcomes = await this.#inner.commit(operations);
      this.#witness.committed(operations, outcomes);
      return outcomes;
    });
  }

  page(...[reader, id, range]: Parameters<Store['page']>) {
    return this.#read(() => this.#inner.page(reader, id, range));
  }

  missed(...[userId, after, limit]: Parameters<Store['missed']>) {
    return this.#read(() => this.#inner.missed(userId, after, limit));
  }

  inboxPosition(userId: string) {
    return this.#read(() => this.#inner.inboxPosition(userId));
  }

  feed(userId: string, sinceVersion: number, limit: number) {
    return this.#read(() => this.#inner.feed(userId, sinceVersion, limit));
  }

  unread(userId: string, limit: number) {
    return this.#read(() => this.#inner.unread(userId, limit));
  }

  members(reader: Reader, conversationId: string) {
    return this.#read(() => this.#inner.members(reader, conversationId));
  }

  search(...[reader, query]: Parameters<Store['search']>) {
    return this.#read(() => this.#inner.search(reader, query));
  }

  /** What is known already is not written again. */
  async register(user: Sender, name: string | undefined) {
    const facts = `${user.userId} ${user.role}`;
    if (this.#registered.has(facts)) return;
    await this.#write(() => this.#inner.register(user, name));
    this.#registered.add(facts);
  }

  createGroup(owner: Sender, name: string, members: readonly string[]) {
    return this.#write(async () => {
      const made = await this.#inner.createGroup(owner, name, members);
      if (!isRefusal(made)) this.#witness.membersAre(made.conversationId, [owner.userId, ...members]);
      return made;
    });
  }

  addMembers(by: Sender, conversationId: string, users: readonly string[]) {
    return this.#members(conversationId, () => this.#inner.addMembers(by, conversationId, users));
  }

  removeMembers(by: string, conversationId: string, users: readonly string[]) {
    return this.#members(conversationId, () => this.#inner.removeMembers(by, conversationId, users));
  }

  #members(conversationId: string, change: () => Promise<Members | Refusal>) {
    return this.#write(async () => {
      const answer = await change();
      if (!isRefusal(answer)) {
        const ids = answer.members.map(({ userId }) => userId);
        this.#witness.membersAre(conversationId, ids);
      }
      return answer;
    });
  }

  deleteGroup(by: string, conversationId: string) {
    return this.#write(() => this.#inner.deleteGroup(by, conversationId));
  }

  loadSession(userId: string, clientId: string) {
    return this.#read(() => this.#inner.loadSession(userId, clientId));
  }

  saveSessions(sessions: readonly SavedSession[]) {
    if (sessions.length === 0) return Promise.resolve();
    return this.#write(() => this.#inner.saveSessions(sessions));
  }

  deleteSession(userId: string, clientId: string) {
    return this.#write(() => this.#inner.deleteSession(userId, clientId));
  }

  expireSessions(endedBefore: Millis, limit: number) {
    return this.#write(() => this.#inner.expireSessions(endedBefore, limit));
  }

  check() {
    return this.#inner.check();
  }

  close() {
    return this.#inner.close();
  }
}
