import type { Millis } from '@skein/chat';
import {
  type BaseUserUnreadStatics,
  type ConversationState,
  type FeedChange,
  type ListConversationsResponse,
  parseConversationId,
  type Refusal,
  refusal,
} from '@skein/protocol';
import type { Calls } from './calls.ts';
import type { Context } from './context.ts';
import { Conversation, type Surroundings } from './conversation.ts';
import type { Journal } from './journal.ts';
import {
  feedGraceMs,
  listPage,
  conversations as mostConversations,
  openConversations,
  probeMs,
} from './limits.ts';
import type { ConversationRow } from './rows.ts';
import { decimal, given } from './wire.ts';

const left: Refusal = refusal('NOT_ALLOWED', 'you are no longer a member of this conversation');

/** What the list asks of the core around it. */
export interface ListListener {
  /** Everything up to the feed's version has been read. */
  listed(): void;
}

/** The user's conversations, kept in step by the versions of their feed as a log is by its numbers (S5). */
export class ConversationList {
  readonly #context: Context;
  readonly #journal: Journal;
  readonly #calls: Calls;
  readonly #around: Surroundings;
  readonly #listener: ListListener;
  readonly #conversations = new Map<string, Conversation>();
  readonly #opened = new Set<Conversation>();
  /** The version up to which the list is known. */
  #version = 0;
  /** The highest version that anybody told of. */
  #seenVersion = 0;
  /** When to read the positions of those on the screen again: a receipt may be lost without trace. */
  #positionsAt: Millis | undefined;
  /** When to look whether something was missed; undefined while the line is down. */
  #probeAt: Millis | undefined;

  constructor(around: Surroundings, listener: ListListener) {
    this.#around = around;
    this.#context = around.context;
    this.#journal = around.journal;
    this.#calls = around.calls;
    this.#listener = listener;
  }

  get version(): number {
    return this.#version;
  }

  get deadline(): Millis | undefined {
    return this.#probeAt === undefined || this.#positionsAt === undefined
      ? this.#probeAt
      : Math.min(this.#probeAt, this.#positionsAt);
  }

  get all(): Iterable<Conversation> {
    return this.#conversations.values();
  }

  /** Those on the screen, the one opened first before the others. */
  get opened(): ReadonlySet<Conversation> {
    return this.#opened;
  }

  open(rows: readonly ConversationRow[], version: number): void {
    this.#version = version;
    for (const row of rows) {
      const name = parseConversationId(row.conversationId);
      if (name) this.#add(new Conversation(row.conversationId, name, this.#around, row));
    }
  }

  get(conversationId: string): Conversation | undefined {
    return this.#conversations.get(conversationId);
  }

  /** Also one that nobody has told of yet; undefined for what is no conversation's id. */
  obtain(conversationId: string): Conversation | undefined {
    const known = this.#conversations.get(conversationId);
    if (known) return known;
    const name = parseConversationId(conversationId);
    return name && this.#add(new Conversation(conversationId, name, this.#around));
  }

  #add(conversation: Conversation): Conversation {
    this.#conversations.set(conversation.id, conversation);
    if (this.#conversations.size > mostConversations) this.#forgetOldest(conversation);
    return conversation;
  }

  #forgetOldest(except: Conversation): void {
    let oldest: Conversation | undefined;
    for (const one of this.all) {
      if (one === except || one.screen) continue;
      if (!oldest || one.list.updateTime < oldest.list.updateTime) oldest = one;
    }
    if (oldest) this.#remove(oldest);
  }

  #remove(conversation: Conversation): void {
    this.#conversations.delete(conversation.id);
    this.#opened.delete(conversation);
    this.#journal.removeConversation(conversation.id);
    this.#around.reached(conversation.id, Number.MAX_SAFE_INTEGER);
    this.#context.listChanged();
  }

  /** Shows a conversation; of too many, the one opened first is closed. */
  show(conversationId: string): void {
    const conversation = this.obtain(conversationId);
    if (!conversation) return;
    const [first] = this.#opened;
    if (first && !conversation.screen && this.#opened.size >= openConversations) this.#blank(first);
    conversation.open();
    this.#opened.add(conversation);
    this.#context.conversationChanged(conversationId);
  }

  hide(conversationId: string): void {
    const conversation = this.get(conversationId);
    if (conversation?.screen?.close()) this.#blank(conversation);
  }

  #blank(conversation: Conversation): void {
    conversation.screen = undefined;
    this.#opened.delete(conversation);
    this.#context.conversationChanged(conversation.id);
  }

  /** Reads the list from where it is known; to make sure, or because something is missing. */
  #read(isMissing: boolean): void {
    this.#calls.want({
      key: 'list',
      urgency: 0,
      isMissing,
      request: () => ({
        call: 'listConversations',
        request: { sinceVersion: decimal(this.#version), limit: listPage },
      }),
      answered: ({ call, answer }) => {
        if (call === 'listConversations' && this.#around.isOfThisEpoch(answer.epoch)) this.#answered(answer);
      },
      refused: () => this.#probeSoon(probeMs),
    });
  }

  #answered(page: ListConversationsResponse): void {
    for (const state of page.conversations) this.#told(state);
    const last = page.conversations.at(-1);
    const reached = page.more && last ? Number(last.version) : Number(page.feedVersion);
    this.#version = Math.max(this.#version, reached);
    this.#seenVersion = Math.max(this.#seenVersion, this.#version);
    this.#journal.putMeta();
    if (page.more || this.#seenVersion > this.#version) {
      this.#read(true);
      return;
    }
    this.#probeSoon(probeMs);
    for (const conversation of this.opened) conversation.screen?.readPositionsBehind();
    for (const conversation of this.all) conversation.verify();
    this.#listener.listed();
  }

  /** One change, live (S5): the next version is applied, an older one dropped, and what a later one skips is read. */
  changed(change: FeedChange): void {
    if (change.feed !== `user:${this.#context.userId}`) return;
    const { version: told = '0', afterVersion = '0', conversation } = given(change);
    const version = Number(told);
    if (version <= this.#version) return;
    this.#seenVersion = Math.max(this.#seenVersion, version);
    if (conversation) this.#told(conversation);
    if (Number(afterVersion) > this.#version || this.#calls.wants('list')) {
      this.#read(true);
      return;
    }
    this.#version = version;
    this.#journal.putMeta();
    this.#probeSoon(probeMs);
    this.#context.listChanged();
  }

  /** The statistics tell of a version: if the feed does not follow, it was lost. */
  statics({ feedVersion }: BaseUserUnreadStatics): void {
    if (Number(feedVersion) <= this.#version) return;
    this.#seenVersion = Math.max(this.#seenVersion, Number(feedVersion));
    this.#probeSoon(Math.min(feedGraceMs, (this.#probeAt ?? Number.POSITIVE_INFINITY) - this.#context.now));
  }

  #told(state: ConversationState): void {
    const { conversationId } = state;
    if (!state.left) {
      this.obtain(conversationId)?.told(state);
      return;
    }
    const conversation = this.get(conversationId);
    // A version that is older than the known one is of a membership that has been taken up again.
    if (!conversation || Number(state.version) <= conversation.list.version) return;
    const { screen } = conversation;
    this.#remove(conversation);
    if (screen) this.#reopen(conversation).refusal = left;
  }

  /** The same conversation, with nothing known of it. */
  #reopen(conversation: Conversation): Conversation {
    const fresh = this.#add(new Conversation(conversation.id, conversation.name, this.#around));
    fresh.screen = conversation.screen?.transferTo(fresh);
    this.#opened.add(fresh);
    this.#context.conversationChanged(fresh.id);
    return fresh;
  }

  #probeSoon(ms: Millis): void {
    this.#probeAt = this.#context.now + Math.max(0, ms);
  }

  pump(): void {
    if (this.#positionsAt !== undefined && this.#positionsAt <= this.#context.now) {
      this.#positionsAt = this.#context.now + probeMs;
      for (const { screen } of this.#opened) screen?.readPositions();
    }
    if (this.#probeAt === undefined || this.#probeAt > this.#context.now) return;
    this.#probeSoon(probeMs);
    this.#read(false);
  }

  /** The line is up. */
  resume(): void {
    this.#probeSoon(probeMs);
    this.#positionsAt = this.#context.now + probeMs;
    this.#read(true);
    for (const conversation of this.opened) conversation.reread();
  }

  /** The line is down, or not yet up: heads may have moved. */
  pause(): void {
    this.#probeAt = undefined;
    this.#positionsAt = undefined;
    this.#seenVersion = this.#version;
    for (const conversation of this.all) conversation.unverify();
  }

  /** Another epoch (S4): nothing of the copy is left, and what is on the screen is read anew. */
  restart(): void {
    const opened = [...this.#opened];
    this.#conversations.clear();
    this.#opened.clear();
    this.#version = 0;
    this.#seenVersion = 0;
    for (const conversation of opened) this.#reopen(conversation).reread();
    this.#read(true);
    this.#context.listChanged();
  }

  /** The device has given up its copy. */
  forgetStored(): void {
    for (const conversation of this.all) {
      conversation.forgetStored();
      this.#journal.putConversation(conversation.id);
    }
  }
}
