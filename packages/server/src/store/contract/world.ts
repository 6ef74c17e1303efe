import type { Millis } from '@skein/chat';
import { isRefusal, type RefusalName } from '@skein/protocol';
import { expect } from 'vitest';
import type { Operation, Outcome, Page, Sender, Store, Stored, StorePolicy } from '../store.ts';
import { append, raise, refused, stored, type Words } from './words.ts';

/** What an implementation brings to the suite: one set of data, opened and reopened. */
export interface Storage {
  open(settings: StoreSettings): Promise<Store>;
  /** Opens what a kill of the process at this moment would have left; the store opened before is gone. */
  openAfterCrash(settings: StoreSettings): Promise<Store>;
  remove(): Promise<void>;
}

export interface StoreSettings {
  readonly policy?: Partial<StorePolicy>;
  readonly clock: () => Millis;
}

/** One store under test, its clock, and short words for what people do with it. */
export class World {
  now: Millis = Date.UTC(2026, 0, 1);
  store!: Store;
  private readonly storage: Storage;
  private readonly policy: Partial<StorePolicy>;

  private constructor(storage: Storage, policy: Partial<StorePolicy>) {
    this.storage = storage;
    this.policy = policy;
  }

  static async open(storage: Storage, policy: Partial<StorePolicy> = {}): Promise<World> {
    const world = new World(storage, policy);
    world.store = await storage.open(world.settings());
    return world;
  }

  private settings(): StoreSettings {
    return { policy: this.policy, clock: () => this.now };
  }

  async reopen(): Promise<void> {
    await this.store.close();
    this.store = await this.storage.open(this.settings());
  }

  async crash(): Promise<void> {
    this.store = await this.storage.openAfterCrash(this.settings());
  }

  async end(): Promise<void> {
    const differences = await this.store.check();
    await this.store.close();
    await this.storage.remove();
    expect(differences).toEqual([]);
  }

  async commit(...operations: Operation[]): Promise<readonly Outcome[]> {
    return this.store.commit(operations);
  }

  /** Commits one send that is to be stored. */
  async send(from: Sender, to: string, words?: Words): Promise<Stored> {
    return stored((await this.commit(append(from, to, words)))[0]);
  }

  /** Commits one send that is to be refused. */
  async refusal(from: Sender, to: string, words?: Words): Promise<RefusalName> {
    return refused((await this.commit(append(from, to, words)))[0]);
  }

  async read(user: Sender, conversationId: string, seq: number): Promise<Outcome> {
    return (await this.commit(raise(user, conversationId, 'read', seq)))[0]!;
  }

  async page(
    reader: Sender,
    conversationId: string,
    range: Partial<Parameters<Store['page']>[2]> = {},
  ): Promise<Page> {
    const page = await this.store.page(reader, conversationId, { limit: 1000, ...range });
    if (isRefusal(page)) throw new Error(`the page was refused: ${page.reason}`);
    return page;
  }

  /** A user's conversation as it stands in their list. */
  async listed(user: Sender, conversationId: string) {
    const { changes } = await this.store.feed(user.userId, 0, 1000);
    return changes.find((change) => change.conversationId === conversationId);
  }

  async group(owner: Sender, ...members: Sender[]): Promise<string> {
    const made = await this.store.createGroup(
      owner,
      'a group',
      members.map((member) => member.userId),
    );
    if (isRefusal(made)) throw new Error(`the group was refused: ${made.reason}`);
    return made.conversationId;
  }

  /** Registers people who serve customers. */
  async staff(...agents: Sender[]): Promise<void> {
    for (const agent of agents) await this.store.register(agent, undefined);
  }
}
