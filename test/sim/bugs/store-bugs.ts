import { asks, defaultReplyPolicy, type EntryFacts, MessageType, recountReply } from '@skein/chat';
import { isRefusal } from '@skein/protocol';
import type { ConversationSummary, Operation, Outcome, Store } from '@skein/server/parts';
import type { World } from '../world.ts';
import { type Bug, withMethods } from './bug.ts';

type Commit = Store['commit'];

function committing(name: string, commit: (inner: Commit, world: World) => Commit): Bug {
  return {
    name,
    store: (store, world) => withMethods(store, { commit: commit((all) => store.commit(all), world) }),
  };
}

/** Changes what the store tells of a conversation in a list. */
function telling(
  name: string,
  tell: (summary: ConversationSummary, log: readonly EntryFacts[], userId: string) => ConversationSummary,
): Bug {
  return {
    name,
    store: (store, world) =>
      withMethods(store, {
        feed: async (userId, since, limit) => {
          const feed = await store.feed(userId, since, limit);
          const changes = feed.changes.map((change) => {
            const log = world.data.rooms.get(change.conversationId)?.log.map(({ facts }) => facts) ?? [];
            return change.left ? change : tell(change, log, userId);
          });
          return { ...feed, changes };
        },
      }),
  };
}

function withoutKey(operation: Operation): Operation {
  return operation.type === 'append'
    ? { ...operation, draft: { ...operation.draft, clientMessageId: 0n } }
    : operation;
}

export const storeBugs: readonly Bug[] = [
  committing('a retry is stored again', (commit) => (all) => commit(all.map(withoutKey))),

  committing('other content under the same key is taken for a retry', (commit, world) => async (all) => {
    const outcomes = await commit(all);
    return outcomes.map((outcome, i): Outcome => {
      const operation = all[i]!;
      if (!isRefusal(outcome) || outcome.refused !== 'CONFLICT' || operation.type !== 'append')
        return outcome;
      const room = world.data.rooms.get(operation.conversationId)!;
      const first = room.byKey(operation.sender.userId, operation.draft.clientMessageId)!;
      return { type: 'stored', entry: room.show(first), repeat: true, members: [], senderRead: undefined };
    });
  }),

  {
    name: 'an acknowledged commit is lost when the process ends',
    store: (store, world) => {
      let before = world.data.copy(world.data.epoch);
      world.beforeLastCommit = () => before;
      return withMethods(store, {
        commit: async (all) => {
          before = world.data.copy(world.data.epoch);
          return store.commit(all);
        },
      });
    },
    serverEnds: (world) => {
      world.data = world.beforeLastCommit?.() ?? world.data;
    },
  },

  committing('a refused send uses up a number', (commit, world) => async (all) => {
    const outcomes = await commit(all);
    outcomes.forEach((outcome, i) => {
      const operation = all[i]!;
      const room = world.data.rooms.get(operation.conversationId);
      const last = room?.log.at(-1);
      if (isRefusal(outcome) && operation.type === 'append' && room && last)
        room.log.push({ ...last, seq: last.seq + 1 });
    });
    return outcomes;
  }),

  committing('a read position goes back to what a writer had seen', (commit, world) => async (all) => {
    const outcomes = await commit(all);
    for (const operation of all) {
      const { contextSeq } = operation.type === 'append' ? operation.draft : {};
      const userId = operation.type === 'append' ? operation.sender.userId : '';
      const member = world.data.rooms.get(operation.conversationId)?.present(userId);
      if (member && contextSeq !== undefined) member.read = Math.min(member.read, contextSeq);
    }
    return outcomes;
  }),

  committing('reading does not change the list', (commit, world) => async (all) => {
    const outcomes = await commit(all);
    all.forEach((operation, i) => {
      const outcome = outcomes[i]!;
      if (operation.type !== 'raise' || isRefusal(outcome) || operation.kind !== 'read') return;
      world.data.rooms.get(operation.conversationId)!.present(operation.userId)!.version = 0;
    });
    return outcomes;
  }),

  committing('who has left is still handed what comes', (commit, world) => async (all) => {
    const outcomes = await commit(all);
    return outcomes.map((outcome, i) =>
      isRefusal(outcome) || outcome.type !== 'stored'
        ? outcome
        : { ...outcome, members: [...world.data.rooms.get(all[i]!.conversationId)!.members.keys()] },
    );
  }),

  telling('events are unread', (summary, log) => {
    const events = log.filter(
      ({ seq, messageType }) => seq > summary.readSeq && messageType === MessageType.EVENT,
    );
    return { ...summary, unread: summary.unread + events.length };
  }),

  telling('what was taken back stays unread', (summary, log, userId) => {
    const others = log.filter(
      ({ seq, senderId, messageType }) =>
        seq > summary.readSeq && senderId !== userId && (messageType < 7 || messageType > 9),
    );
    return summary.conversationId.startsWith('note:') ? summary : { ...summary, unread: others.length };
  }),

  telling('an answer answers all that came before it', (summary, log) => {
    if (!summary.conversationId.startsWith('cs:')) return summary;
    const blind = log.map(({ contextSeq, ...facts }) => facts);
    return { ...summary, reply: recountReply(blind, defaultReplyPolicy) };
  }),

  telling('a customer waits since the last question', (summary, log) => {
    const last = log.findLast((facts) => asks(facts, defaultReplyPolicy));
    if (!summary.reply.waiting || !last) return summary;
    return { ...summary, reply: { ...summary.reply, waiting: { seq: last.seq, time: last.time } } };
  }),

  {
    name: 'a list is said to be read further than it is',
    store: (store) =>
      withMethods(store, {
        feed: async (userId, since, limit) => {
          const feed = await store.feed(userId, since, limit);
          return { ...feed, version: feed.version + 1 };
        },
      }),
  },

  {
    name: 'a page leaves out an entry',
    store: (store) =>
      withMethods(store, {
        page: async (reader, id, range) => {
          const page = await store.page(reader, id, range);
          return isRefusal(page) || page.entries.length < 5
            ? page
            : { ...page, entries: page.entries.filter((_, i) => i !== 2) };
        },
      }),
  },

  {
    name: 'a page tells of a head that is too small',
    store: (store) =>
      withMethods(store, {
        page: async (reader, id, range) => {
          const page = await store.page(reader, id, range);
          return isRefusal(page) ? page : { ...page, headSeq: Math.max(0, page.headSeq - 1) };
        },
      }),
  },

  {
    name: 'who is no member can read on',
    store: (store, world) =>
      withMethods(store, {
        page: async (reader, id, range) => {
          const page = await store.page(reader, id, range);
          const [insider] = world.data.rooms.get(id)?.presentIds() ?? [];
          if (!isRefusal(page) || insider === undefined) return page;
          return store.page({ userId: insider, role: 'customer' }, id, range);
        },
      }),
  },

  {
    name: 'who joins a group sees what was before',
    store: (store, world) =>
      withMethods(store, {
        addMembers: async (by, id, users) => {
          const members = await store.addMembers(by, id, users);
          for (const user of users) {
            const member = world.data.rooms.get(id)?.present(user);
            if (member) member.joined = 0;
          }
          return members;
        },
      }),
  },
];
