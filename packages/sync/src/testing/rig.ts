import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AckSchema,
  type ConversationStateSchema,
  FeedChangeSchema,
  GetPositionsResponseSchema,
  ListConversationsResponseSchema,
  ListMessagesResponseSchema,
  type Refusal,
} from '@skein/protocol';
import { clientMessageId } from '../client-message-id.ts';
import type { Effect } from '../effect.ts';
import type { Content, LogEntry } from '../entry.ts';
import type { Input, Opened, Received } from '../input.ts';
import type { SavedState } from '../rows.ts';
import { Sync } from '../sync.ts';
import type { ConversationView } from '../view.ts';
import { Disk } from './disk.ts';
import { wireEntry } from './wire-entry.ts';

export const ME = '1';
export const OTHER = '2';
export const DM = 'dm:1:2';
export const EPOCH = 'first';

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** An entry of the other person, unless it says otherwise. */
export function said(seq: number, facts: Partial<LogEntry> = {}): LogEntry {
  return {
    seq,
    senderId: OTHER,
    time: 1_000 * seq,
    messageType: 1,
    fromCustomer: false,
    messageId: String(9_000 + seq),
    content: `entry ${seq}`,
    ...facts,
  };
}

/** Entries `from` to `to` of the other person. */
export function entries(from: number, to: number): LogEntry[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => said(from + i));
}

/** One core in the hands of a test, which answers each effect itself or lets the disk do so. */
export class Rig {
  readonly sync = new Sync();
  readonly disk: Disk;
  now = 1_700_000_000_000;
  effects: Effect[] = [];
  #keys = 0;

  constructor(options: Partial<Opened> & { disk?: Disk } = {}) {
    const { disk = new Disk(), ...opened } = options;
    this.disk = disk;
    const saved: SavedState = disk.saved();
    this.handle({ type: 'opened', userId: ME, random: 7, saved, ...opened });
  }

  handle(input: Input): this {
    this.sync.handle(input, this.now);
    for (let effect = this.sync.nextEffect(); effect; effect = this.sync.nextEffect())
      this.effects.push(effect);
    return this;
  }

  /** Lets time pass, from deadline to deadline. */
  pass(ms: number): this {
    const end = this.now + ms;
    for (let at = this.sync.deadline(); at !== undefined && at <= end; at = this.sync.deadline()) {
      this.now = Math.max(at, this.now + 1);
      this.handle({ type: 'tick' });
    }
    this.now = end;
    return this;
  }

  /** The effects of a type so far, which are then done with. */
  take<T extends Effect['type']>(type: T): EffectOf<T>[] {
    const found = this.effects.filter((effect) => effect.type === type) as EffectOf<T>[];
    this.effects = this.effects.filter((effect) => effect.type !== type);
    return found;
  }

  /** Keeps and loads what was asked of the device, until nothing is asked. */
  settle(): this {
    for (;;) {
      const [store] = this.effects.filter((effect) => effect.type === 'store');
      const [load] = this.effects.filter((effect) => effect.type === 'load');
      const effect = store ?? load;
      if (!effect) return this;
      this.effects = this.effects.filter((other) => other !== effect);
      if (effect.type === 'store') {
        this.disk.apply(effect.transaction);
        this.handle({ type: 'stored', token: effect.token });
      } else {
        const positions = effect.positions ? this.disk.positions.get(effect.conversationId) : undefined;
        const loaded = this.disk.range(effect.conversationId, effect.range);
        this.handle({
          type: 'loaded',
          token: effect.token,
          entries: loaded,
          ...(positions && { positions }),
        });
      }
    }
  }

  failStores(): this {
    for (const { token } of this.take('store')) this.handle({ type: 'storeFailed', token });
    return this;
  }

  /** The calls that are under way, by name. */
  calls(): string[] {
    return this.effects.flatMap((effect) => (effect.type === 'fetch' ? [describeCall(effect)] : []));
  }

  #call(name: EffectOf<'fetch'>['call']): number {
    const fetch = this.effects.find((effect) => effect.type === 'fetch' && effect.call === name);
    if (fetch?.type !== 'fetch') throw new Error(`${name} is not under way, only ${this.calls().join(', ')}`);
    this.effects = this.effects.filter((effect) => effect !== fetch);
    return fetch.token;
  }

  answerList(
    conversations: MessageInitShape<typeof ConversationStateSchema>[] = [],
    { version = conversations.length, epoch = EPOCH, more = false } = {},
  ): this {
    const answer = create(ListConversationsResponseSchema, {
      conversations,
      feedVersion: String(version),
      epoch,
      more,
    });
    return this.handle({
      type: 'fetched',
      token: this.#call('listConversations'),
      call: 'listConversations',
      answer,
    });
  }

  answerMessages(
    page: readonly LogEntry[],
    head = page.at(-1)?.seq ?? 0,
    { epoch = EPOCH, first = 1 } = {},
  ): this {
    const answer = create(ListMessagesResponseSchema, {
      entries: page.map((entry) => wireEntry(DM, entry)),
      headSeq: String(head),
      firstSeq: String(first),
      epoch,
    });
    return this.handle({ type: 'fetched', token: this.#call('listMessages'), call: 'listMessages', answer });
  }

  answerPositions(read: Record<string, number> = {}, delivered: Record<string, number> = read): this {
    const members = [ME, OTHER].map((userId) => ({
      userId,
      readSeq: String(read[userId] ?? 0),
      deliveredSeq: String(delivered[userId] ?? 0),
    }));
    const answer = create(GetPositionsResponseSchema, { members, epoch: EPOCH });
    return this.handle({ type: 'fetched', token: this.#call('getPositions'), call: 'getPositions', answer });
  }

  fail(call: EffectOf<'fetch'>['call'], refusal?: Refusal): this {
    return this.handle({ type: 'fetchFailed', token: this.#call(call), ...(refusal && { refusal }) });
  }

  /** @param epoch as CONNACK names it; absent: no answer has named it yet */
  connect(epoch?: string): this {
    return this.handle({ type: 'connected', ...(epoch !== undefined && { epoch }) }).handle({
      type: 'subscribed',
    });
  }

  /** Connected, with the list read: a conversation of `head` entries, all read, on the screen. */
  showing(head: number): this {
    this.handle({ type: 'open', conversationId: DM }).settle().connect();
    this.answerList(head > 0 ? [stateOf(head)] : []);
    this.answerMessages(entries(Math.max(1, head - 49), head), head);
    return this.answerPositions({ [ME]: head }).settle();
  }

  receive(received: Received): this {
    return this.handle({ type: 'received', ...received });
  }

  live(entry: LogEntry, conversationId = DM): this {
    const { body } = wireEntry(conversationId, entry);
    return body.case === 'service'
      ? this.receive({ name: 'service', payload: body.value })
      : this.receive({ name: 'message', payload: body.value! });
  }

  feed(version: number, after: number, conversation: MessageInitShape<typeof ConversationStateSchema>): this {
    const payload = create(FeedChangeSchema, {
      feed: `user:${ME}`,
      version: String(version),
      afterVersion: String(after),
      epoch: EPOCH,
      conversation: { ...conversation, version: String(version) },
    });
    return this.receive({ name: 'feed', payload });
  }

  /** @returns the key */
  send(content: string | Content = 'hello', conversationId = DM): string {
    this.#keys += 1;
    const key = clientMessageId(this.now, this.#keys);
    const said = typeof content === 'string' ? { content } : content;
    this.handle({ type: 'send', conversationId, clientMessageId: key, content: said });
    return key;
  }

  ack(key: string, seq: number): this {
    const payload = create(AckSchema, {
      clientMessageId: key,
      messageId: String(8_000 + seq),
      conversationId: DM,
      seq: String(seq),
      createTime: '5',
      code: 0,
    });
    return this.receive({ name: 'ack', payload });
  }

  refuse(key: string, code: number, reason = ''): this {
    return this.receive({ name: 'ack', payload: create(AckSchema, { clientMessageId: key, code, reason }) });
  }

  /** The keys that went out since they were last taken. */
  published(): string[] {
    return this.take('publish').flatMap((effect) =>
      effect.name === 'message' || effect.name === 'service' ? [effect.payload.clientMessageId!] : [],
    );
  }

  get view(): ConversationView {
    const view = this.sync.conversation(DM);
    if (!view) throw new Error('the conversation is not open');
    return view;
  }

  /** What is shown: numbers, and the states of what has none. */
  get shown(): (number | string)[] {
    return this.view.entries.map((entry) => entry.seq ?? entry.state);
  }
}

function describeCall({ call, request }: EffectOf<'fetch'>): string {
  if (call === 'listConversations') return `list since ${request.sinceVersion}`;
  if (call === 'getPositions') return `positions of ${request.conversationId}`;
  const { afterSeq, beforeSeq } = request;
  return afterSeq !== undefined
    ? `after ${afterSeq}`
    : beforeSeq !== undefined
      ? `before ${beforeSeq}`
      : 'newest';
}

/** A conversation in the list, read to its end. */
export function stateOf(
  lastSeq: number,
  state: MessageInitShape<typeof ConversationStateSchema> = {},
): MessageInitShape<typeof ConversationStateSchema> {
  return {
    conversationId: DM,
    version: '1',
    lastSeq: String(lastSeq),
    readSeq: String(lastSeq),
    unread: '0',
    ...state,
  };
}
