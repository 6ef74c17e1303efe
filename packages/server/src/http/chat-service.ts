import type { ServiceImpl } from '@connectrpc/connect';
import { type Millis, whoHas } from '@skein/chat';
import { type ChatService, limits, type UserId } from '@skein/protocol';
import { toConversationState, toEntry, toUnreadMessage } from '../chat/wire.ts';
import type { Operation, Outcome, Store } from '../store/store.ts';
import { memberAnswer, positionAnswer } from './answers.ts';
import {
  conversationOf,
  given,
  groupOf,
  messageIdOf,
  pageSize,
  seqOf,
  textOf,
  userIdsOf,
} from './arguments.ts';
import { callerOf } from './caller.ts';
import { granted, malformed } from './refused.ts';

/** What calls need of the message pipeline. */
export interface ChatPort {
  /** Commits with what else arrives now, and tells those who are connected. */
  submit(operation: Operation): Promise<Outcome>;
  /** These users' conversations are no longer the same: live sessions learn of it. */
  membershipChanged(users: Iterable<UserId>): void;
}

/** An answer to people's eyes; totals count all. */
const shownUnread = 100;

const nameCharacters = { least: 1, most: 200 };
const searchCharacters = { least: 2, most: 200 };
const searchPage = { usual: 20, most: 100 };

type Calls = Partial<ServiceImpl<typeof ChatService>>;

/** The calls of a conversation's members. The store checks each right; what it refuses becomes the call's error. */
export function chatService(
  store: Store,
  chat: ChatPort,
  clock: () => Millis,
): ServiceImpl<typeof ChatService> {
  return {
    ...listCalls(store, clock),
    ...entryCalls(store),
    ...positionCalls(store, chat),
    ...groupCalls(store, chat),
  };
}

function listCalls(store: Store, clock: () => Millis) {
  const { epoch } = store;
  return {
    async listConversations(request, context) {
      const { sinceVersion = '0', limit } = given(request);
      const size = pageSize(limit, limits.pageConversations);
      const feed = await store.feed(callerOf(context).userId, seqOf(sinceVersion), size);
      return {
        conversations: feed.changes.map(toConversationState),
        feedVersion: String(feed.version),
        more: feed.more,
        epoch,
      };
    },

    async getUnread(_request, context) {
      const { userId } = callerOf(context);
      return { statics: toUnreadMessage(userId, await store.unread(userId, shownUnread), clock()), epoch };
    },
  } satisfies Calls;
}

function entryCalls(store: Store) {
  const { epoch } = store;
  return {
    async listMessages(request, context) {
      const { id } = conversationOf(request);
      const { afterSeq, beforeSeq, limit } = given(request);
      if (afterSeq !== undefined && beforeSeq !== undefined) {
        throw malformed('after_seq and before_seq are both there: give one, or neither for the newest page');
      }
      const range = {
        limit: pageSize(limit, limits.pageEntries),
        ...(afterSeq !== undefined && { afterSeq: seqOf(afterSeq) }),
        ...(beforeSeq !== undefined && { beforeSeq: seqOf(beforeSeq) }),
      };
      const page = granted(await store.page(callerOf(context), id, range));
      return {
        entries: page.entries.map(toEntry),
        headSeq: String(page.headSeq),
        firstSeq: String(page.firstSeq),
        epoch,
      };
    },

    async search(request, context) {
      const { conversationId, beforeMessageId, limit } = given(request);
      const query = {
        text: textOf(request.text, 'text', searchCharacters),
        limit: pageSize(limit, searchPage),
        ...(conversationId !== undefined && { conversationId: conversationOf(request).id }),
        ...(beforeMessageId !== undefined && { beforeId: messageIdOf(beforeMessageId) }),
      };
      const { entries, nextBeforeId } = granted(await store.search(callerOf(context), query));
      return {
        entries: entries.map(toEntry),
        epoch,
        more: nextBeforeId !== undefined,
        ...(nextBeforeId !== undefined && { nextBeforeMessageId: String(nextBeforeId) }),
      };
    },
  } satisfies Calls;
}

function positionCalls(store: Store, chat: ChatPort) {
  const { epoch } = store;
  return {
    async getPositions(request, context) {
      const { headSeq, members } = granted(
        await store.members(callerOf(context), conversationOf(request).id),
      );
      return { members: members.map(positionAnswer), headSeq: String(headSeq), epoch };
    },

    async getEntryReceipts(request, context) {
      const { id } = conversationOf(request);
      const seq = seqOf(given(request).seq ?? '0');
      if (seq < 1) throw malformed('seq is missing: say which entry, 1 or more');
      const { headSeq, members } = granted(await store.members(callerOf(context), id));
      const page = granted(await store.page(callerOf(context), id, { afterSeq: seq - 1, limit: 1 }));
      const [entry] = page.entries;
      if (entry?.seq !== seq)
        throw malformed(`there is no entry ${seq} to be read: the last one is ${page.headSeq}`);
      const { delivered, read, pending } = whoHas(
        seq,
        entry.senderId,
        members.map((member) => [member.userId, member] as const),
      );
      return { deliveredTo: delivered, readBy: read, pending, headSeq: String(headSeq), epoch };
    },

    async markRead(request, context) {
      const conversationId = conversationOf(request).id;
      const { userId } = callerOf(context);
      const { seq = String(Number.MAX_SAFE_INTEGER) } = given(request);
      const outcome = granted(
        await chat.submit({ type: 'raise', userId, conversationId, kind: 'read', seq: seqOf(seq) }),
      );
      if (outcome.type !== 'raised') throw new Error(`raising a position ended as ${outcome.type}`);
      const { position, unread, version } = outcome;
      return { readSeq: String(position.read), unread: String(unread), feedVersion: String(version) };
    },
  } satisfies Calls;
}

function groupCalls(store: Store, chat: ChatPort) {
  return {
    async createGroup(request, context) {
      const caller = callerOf(context);
      const name = textOf(request.name, 'name', nameCharacters);
      const members = userIdsOf([caller.userId, ...request.memberIds], 'member_ids', limits.maxGroupMembers);
      const created = granted(await store.createGroup(caller, name, members));
      chat.membershipChanged(members);
      return created;
    },

    async listMembers(request, context) {
      const { name, members } = granted(await store.members(callerOf(context), conversationOf(request).id));
      return { members: members.map(memberAnswer), ...(name !== undefined && { name }) };
    },

    async addMembers(request, context) {
      const users = userIdsOf(request.userIds, 'user_ids', limits.maxGroupMembers);
      const { members } = granted(await store.addMembers(callerOf(context), groupOf(request), users));
      chat.membershipChanged(members.map((member) => member.userId));
      return { members: members.map(memberAnswer) };
    },

    async removeMembers(request, context) {
      const users = userIdsOf(request.userIds, 'user_ids', limits.maxGroupMembers);
      const { members } = granted(
        await store.removeMembers(callerOf(context).userId, groupOf(request), users),
      );
      chat.membershipChanged(new Set([...users, ...members.map((member) => member.userId)]));
      return { members: members.map(memberAnswer) };
    },

    async deleteGroup(request, context) {
      const id = groupOf(request);
      const { members } = granted(await store.members(callerOf(context), id));
      const refused = await store.deleteGroup(callerOf(context).userId, id);
      if (refused) granted(refused);
      chat.membershipChanged(members.map((member) => member.userId));
      return {};
    },
  } satisfies Calls;
}
