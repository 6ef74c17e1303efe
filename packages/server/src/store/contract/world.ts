import { create, toBinary } from '@bufbuild/protobuf';
import type { Millis } from '@skein/chat';
import {
  isRefusal,
  MessageSchema,
  type MessageType,
  parseConversationId,
  type RefusalName,
  readMessage,
  readServiceMessage,
  ServiceMessageSchema,
} from '@skein/protocol';
import { expect } from 'vitest';
import type {
  Append,
  Operation,
  Outcome,
  Page,
  Raise,
  Sender,
  Store,
  Stored,
  StorePolicy,
} from '../store.ts';

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

/** What a test says of a send; text of no key unless it says otherwise. */
export interface Words {
  readonly text?: string;
  readonly key?: bigint;
  readonly type?: number;
  readonly context?: number;
  readonly target?: number;
  readonly toReply?: number;
  readonly postProc?: number;
  readonly extend?: string;
  readonly origin?: number;
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
      owner.userId,
      'a group',
      members.map((member) => member.userId),
    );
    return made.conversationId;
  }

  /** Registers people who serve customers. */
  async staff(...agents: Sender[]): Promise<void> {
    for (const agent of agents) await this.store.register(agent, undefined);
  }
}

export function person(userId: string | bigint, role: Sender['role'] = 'customer'): Sender {
  return { userId: userId.toString(), role };
}

export function agent(userId: string | bigint): Sender {
  return person(userId, 'agent');
}

export function append(sender: Sender, conversationId: string, words: Words = {}): Append {
  const name = parseConversationId(conversationId);
  if (!name) throw new Error(`${conversationId} is no conversation's id`);
  const service = name.kind === 'cs' || name.kind === 'note';
  const payload = service ? servicePayload(sender, name.customer, words) : messagePayload(sender, words);
  const draft = service ? readServiceMessage(payload) : readMessage(payload);
  if (isRefusal(draft)) throw new Error(draft.reason);
  return { type: 'append', sender, conversationId, name, draft, origin: words.origin ?? 0 };
}

export function raise(user: Sender, conversationId: string, kind: Raise['kind'], seq: number): Raise {
  return { type: 'raise', userId: user.userId, conversationId, kind, seq };
}

function messagePayload(sender: Sender, words: Words): Uint8Array {
  return toBinary(
    MessageSchema,
    create(MessageSchema, {
      messageId: '0',
      senderId: sender.userId,
      receiverId: '1',
      createTime: '0',
      ...spoken(words),
    }),
  );
}

function servicePayload(sender: Sender, customer: string, words: Words): Uint8Array {
  const { toReply, postProc } = words;
  return toBinary(
    ServiceMessageSchema,
    create(ServiceMessageSchema, {
      messageId: '0',
      userId: customer,
      serviceType: 1,
      createDate: '0',
      direction: sender.userId === customer ? 1 : 2,
      ...spoken(words),
      ...(toReply !== undefined && { toReply }),
      ...(postProc !== undefined && { postProc }),
    }),
  );
}

function spoken({ text = 'hello', key, type = 1, context, target, extend }: Words) {
  return {
    content: text,
    messageType: type as MessageType,
    ...(key !== undefined && { clientMessageId: key.toString() }),
    ...(context !== undefined && { contextSeq: context.toString() }),
    ...(target !== undefined && { targetSeq: target.toString() }),
    ...(extend !== undefined && { extend }),
  };
}

export function stored(outcome: Outcome | undefined): Stored {
  if (outcome === undefined || isRefusal(outcome) || outcome.type !== 'stored') {
    throw new Error(`not stored: ${JSON.stringify(outcome)}`);
  }
  return outcome;
}

export function refused(outcome: object | undefined): RefusalName {
  if (outcome === undefined || !isRefusal(outcome)) throw new Error('not refused');
  return outcome.refused;
}
