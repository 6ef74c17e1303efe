import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  defaultReplyPolicy,
  joinedAt,
  type Position,
  raise,
  readBySending,
  recountReply,
  recountUnread,
  repeatOf,
} from '@skein/chat';
import {
  type Ack,
  type ConversationState,
  ConversationStateSchema,
  GetPositionsResponseSchema,
  ListConversationsResponseSchema,
  ListMessagesResponseSchema,
  MessageSchema,
  parseConversationId,
  type Refusal,
  refusal,
  ServiceMessageSchema,
} from '@skein/protocol';
import type { FetchRequest, PublishEffect } from '../effect.ts';
import type { LogEntry } from '../entry.ts';
import type { FetchAnswer } from '../input.ts';
import { sameness } from '../send.ts';
import { placedMessage, placedService } from '../wire.ts';
import { ackOf, conflict, refusedAck, wireEntry } from './wire-entry.ts';

interface Member extends Position {
  version: number;
  joined: number;
  left: boolean;
}

/** One conversation of the model: an array, and a position for each member. */
interface Log {
  readonly id: string;
  entries: LogEntry[];
  readonly members: Map<string, Member>;
}

/** What the server has to tell after something happened. */
export type Told =
  | {
      readonly name: 'entry';
      readonly conversationId: string;
      readonly entry: LogEntry;
      readonly to: string[];
    }
  | {
      readonly name: 'receipt';
      readonly conversationId: string;
      readonly userId: string;
      readonly kind: 1 | 2;
      readonly seq: number;
      readonly to: string[];
    };

export interface Outcome {
  readonly ack: Ack;
  readonly told: readonly Told[];
}

type SendEffect = Extract<PublishEffect, { name: 'message' | 'service' }>;

const notMember = refusal('NOT_ALLOWED', 'no such conversation, or you are not a member of it');

/** The rules over arrays: what the server does, without the server. */
export class ModelServer {
  epoch = 'epoch 1';
  time = 1_700_000_000_000;
  readonly logs = new Map<string, Log>();
  readonly feeds = new Map<string, number>();

  /** A conversation with its members, known to all of them. */
  begin(id: string, users: readonly string[]): void {
    const log: Log = { id, entries: [], members: new Map() };
    this.logs.set(id, log);
    for (const user of users) this.join(id, user);
  }

  join(id: string, user: string): void {
    const log = this.logs.get(id)!;
    const joined = log.entries.length;
    log.members.set(user, { ...joinedAt(joined), joined, version: 0, left: false });
    this.#bump(log, user);
  }

  leave(id: string, user: string): void {
    const log = this.logs.get(id)!;
    log.members.get(user)!.left = true;
    this.#bump(log, user);
  }

  version(user: string): number {
    return this.feeds.get(user) ?? 0;
  }

  #bump(log: Log, user: string): void {
    const version = this.version(user) + 1;
    this.feeds.set(user, version);
    log.members.get(user)!.version = version;
  }

  #present(log: Log | undefined): string[] {
    return log ? [...log.members].filter(([, { left }]) => !left).map(([user]) => user) : [];
  }

  /** @param refused what the server says instead, for reasons of its own */
  append(user: string, { name, payload }: SendEffect, refused?: Refusal): Outcome {
    const key = payload.clientMessageId ?? '0';
    const log = this.logs.get(payload.conversationId!);
    const entry = this.#entryOf(user, name, payload, (log?.entries.length ?? 0) + 1);
    const before = log?.entries.find((e) => e.senderId === user && e.clientMessageId === key && key !== '0');
    if (before) {
      const repeat = repeatOf(sameness(before), sameness(entry));
      return { ack: repeat === 'same' ? ackOf(key, log!.id, before) : refusedAck(key, conflict), told: [] };
    }
    if (!log || !this.#present(log).includes(user)) return { ack: refusedAck(key, notMember), told: [] };
    if (refused) return { ack: refusedAck(key, refused), told: [] };
    log.entries.push(entry);
    const told: Told[] = [{ name: 'entry', conversationId: log.id, entry, to: this.#present(log) }];
    const member = log.members.get(user)!;
    const raised = readBySending(member, entry.contextSeq, entry.seq - 1);
    if (raised.read > member.read) told.push(this.#receipt(log, user, 2, raised.read));
    Object.assign(member, { delivered: Math.max(member.delivered, raised.delivered), read: raised.read });
    for (const one of this.#present(log)) this.#bump(log, one);
    return { ack: ackOf(key, log.id, entry), told };
  }

  #entryOf(user: string, name: 'message' | 'service', payload: SendEffect['payload'], seq: number): LogEntry {
    this.time += 1;
    const shared = { messageId: String(this.time), seq: String(seq), senderId: user };
    const placed =
      name === 'message'
        ? placedMessage(
            create(MessageSchema, {
              ...(payload as MessageInitShape<typeof MessageSchema>),
              ...shared,
              createTime: String(this.time),
            } as MessageInitShape<typeof MessageSchema>),
          )
        : placedService(
            create(ServiceMessageSchema, {
              ...(payload as MessageInitShape<typeof ServiceMessageSchema>),
              ...shared,
              createDate: String(this.time),
            } as MessageInitShape<typeof ServiceMessageSchema>),
          );
    return placed!.entry;
  }

  raise(user: string, conversationId: string, kind: 1 | 2, seq: number): readonly Told[] | Refusal {
    const log = this.logs.get(conversationId);
    const member = log?.members.get(user);
    if (!log || !member || member.left) return notMember;
    const raised = raise(member, kind === 2 ? 'read' : 'delivered', seq, log.entries.length);
    if (raised === member) return [];
    if (raised.read > member.read) this.#bump(log, user);
    Object.assign(member, { delivered: raised.delivered, read: raised.read });
    return [this.#receipt(log, user, kind, kind === 2 ? raised.read : raised.delivered)];
  }

  #receipt(log: Log, userId: string, kind: 1 | 2, seq: number): Told {
    return { name: 'receipt', conversationId: log.id, userId, kind, seq, to: this.#present(log) };
  }

  state(user: string, log: Log): ConversationState {
    const member = log.members.get(user)!;
    const { entries } = log;
    const last = entries.at(-1);
    const { waiting } = recountReply(entries, defaultReplyPolicy);
    const isService = parseConversationId(log.id)?.kind === 'cs';
    return create(ConversationStateSchema, {
      conversationId: log.id,
      version: String(member.version),
      left: member.left,
      lastSeq: String(member.left ? 0 : entries.length),
      readSeq: String(member.read),
      unread: String(member.left ? 0 : recountUnread(entries, user, member.read)),
      unreplied: isService && waiting !== undefined,
      updateTime: String(last?.time ?? 0),
      ...(isService && waiting && { waitingSince: String(waiting.time) }),
      ...(last && !member.left && last.seq > member.joined && { lastEntry: wireEntry(log.id, last) }),
    });
  }

  changesSince(user: string, version: number): ConversationState[] {
    return [...this.logs.values()]
      .filter((log) => (log.members.get(user)?.version ?? 0) > version)
      .map((log) => this.state(user, log))
      .sort((a, b) => Number(a.version) - Number(b.version));
  }

  call(user: string, fetch: FetchRequest): FetchAnswer | Refusal {
    const { epoch } = this;
    if (fetch.call === 'listConversations') {
      const all = this.changesSince(user, Number(fetch.request.sinceVersion ?? 0));
      const conversations = all.slice(0, 3);
      const more = all.length > conversations.length;
      const feedVersion = String(this.version(user));
      const answer = create(ListConversationsResponseSchema, { conversations, feedVersion, more, epoch });
      return { call: 'listConversations', answer };
    }
    const log = this.logs.get(fetch.request.conversationId!);
    const member = log?.members.get(user);
    if (!log || !member || member.left) return notMember;
    const headSeq = String(log.entries.length);
    if (fetch.call === 'getPositions') {
      const members = this.#present(log).map((userId) => {
        const { delivered, read } = log.members.get(userId)!;
        return { userId, deliveredSeq: String(delivered), readSeq: String(read) };
      });
      return {
        call: 'getPositions',
        answer: create(GetPositionsResponseSchema, { members, headSeq, epoch }),
      };
    }
    const { afterSeq, beforeSeq, limit = 50 } = fetch.request;
    const readable = log.entries.slice(member.joined);
    const page =
      afterSeq !== undefined
        ? readable.filter(({ seq }) => seq > Number(afterSeq)).slice(0, limit)
        : readable.filter(({ seq }) => seq < Number(beforeSeq ?? Number.MAX_SAFE_INTEGER)).slice(-limit);
    const answer = create(ListMessagesResponseSchema, {
      entries: page.map((entry) => wireEntry(log.id, entry)),
      headSeq,
      firstSeq: String(member.joined + 1),
      epoch,
    });
    return { call: 'listMessages', answer };
  }

  /** An older backup is put back: another epoch, shorter logs. */
  restore(keep: (length: number) => number): void {
    this.epoch = `${this.epoch}'`;
    for (const log of this.logs.values()) {
      log.entries = log.entries.slice(0, keep(log.entries.length));
      for (const [user, member] of log.members) {
        const end = log.entries.length;
        const { delivered, read, joined } = member;
        Object.assign(member, {
          delivered: Math.min(delivered, end),
          read: Math.min(read, end),
          joined: Math.min(joined, end),
        });
        this.#bump(log, user);
      }
    }
  }
}
