import { directConversation, isRefusal, noteConversation, serviceConversation } from '@skein/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InboxPosition, Operation, Outcome, Sender } from '../store.ts';
import { Model, type View } from './model.ts';
import { append, person, raise, type Words } from './words.ts';
import { type Storage, World } from './world.ts';

const people = ['1001', '1002', '1003'];
const staff = ['21', '22'];
const users = [...people, ...staff];

const fixedRooms = [
  directConversation('1001', '1002'),
  directConversation('1002', '1003'),
  serviceConversation('1001', 1),
  serviceConversation('1002', 1),
  noteConversation('1001', 1),
];

const user = fc.constantFrom(...users);
const room = fc.nat({ max: fixedRooms.length + 1 });
const back = fc.integer({ min: -1, max: 4 });

/** What is said of earlier entries is relative to the head when the batch begins. */
const send = fc.record(
  {
    type: fc.constant('send' as const),
    user,
    room,
    messageType: fc.constantFrom(1, 1, 1, 1, 7, 8, 8, 9, 42),
    text: fc.constantFrom('a', 'a', 'a', 'b'),
    targetBack: fc.integer({ min: 0, max: 3 }),
    key: fc.constantFrom(0n, 1n, 2n, 2n ** 63n),
    contextBack: back,
    toReply: fc.constantFrom(0, 1),
    postProc: fc.constantFrom(0, 1, 2),
  },
  { requiredKeys: ['type', 'user', 'room', 'messageType', 'text', 'targetBack'] },
);

const receipt = fc.record({
  type: fc.constant('receipt' as const),
  user,
  room,
  kind: fc.constantFrom('read' as const, 'delivered' as const),
  back,
});

const limit = fc.constantFrom(1, 2, 3, 100);
const several = fc.subarray(users, { minLength: 1, maxLength: 3 });

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant('batch' as const),
      wait: fc.constantFrom(0, 0, 1, 1000, 150_000),
      operations: fc.array(fc.oneof({ weight: 3, arbitrary: send }, { weight: 2, arbitrary: receipt }), {
        minLength: 1,
        maxLength: 8,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('group' as const), user, several }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('change' as const),
      kind: fc.constantFrom('add' as const, 'remove' as const, 'remove' as const, 'delete' as const),
      user,
      room: fc.nat({ max: 1 }),
      several,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('register' as const),
      user: fc.constantFrom(...staff, '1001'),
      role: fc.constantFrom('agent' as const, 'customer' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('sync' as const), user, limit }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('fetch' as const), user, limit }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('check', 'reopen', 'crash') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Batch = Extract<Step, { type: 'batch' }>;

export function describeRandom(makeStorage: () => Storage): void {
  describe('anything that people may do', () => {
    it('O1 I1 R1 N2 U4 S5 the store is equal to the model after each step, whatever crashes', async () => {
      const steps = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' });
      await fc.assert(
        fc.asyncProperty(steps, async (script) => {
          const run = new Run(await World.open(makeStorage()));
          for (const one of script) await run.step(one);
          for (const id of users) await run.sync(id, 2);
          await run.world.end();
        }),
        { numRuns: 60 },
      );
    }, 120_000);
  });
}

/** A device of a user that keeps its list and its inbox in step, now and then. */
interface Follower {
  readonly list: Map<string, View>;
  version: number;
  inbox: InboxPosition;
  newestVersion: number;
}

class Run {
  readonly world: World;
  private readonly model = new Model();
  private readonly groups: string[] = [];
  private readonly roles = new Map<string, Sender['role']>();
  private readonly followers = new Map<string, Follower>(
    users.map((id) => [id, { list: new Map(), version: 0, inbox: { id: 0n, version: 0 }, newestVersion: 0 }]),
  );

  constructor(world: World) {
    this.world = world;
  }

  async step(step: Step): Promise<void> {
    const { world, model } = this;
    switch (step.type) {
      case 'batch':
        await this.batch(step);
        break;
      case 'group': {
        const { user: owner, several: members } = step;
        const made = await world.group(person(owner), ...members.map((member) => person(member)));
        this.groups.unshift(made);
        model.createGroup(made, owner, members);
        break;
      }
      case 'change':
        await this.change(step);
        break;
      case 'register': {
        const sender = person(step.user, step.role);
        this.roles.set(step.user, step.role);
        await world.store.register(sender, undefined);
        model.register(sender);
        break;
      }
      case 'sync':
        return this.sync(step.user, step.limit);
      case 'fetch':
        return this.fetch(step.user, step.limit);
      case 'check':
        expect(await world.store.check()).toEqual([]);
        break;
      case 'reopen':
        await world.reopen();
        break;
      default:
        await world.crash();
    }
    await this.compare();
  }

  private sender(id: string): Sender {
    return person(id, this.roles.get(id) ?? 'customer');
  }

  private room(index: number): string {
    return fixedRooms[index] ?? this.groups[index - fixedRooms.length] ?? 'group:5';
  }

  private head(id: string): number {
    return this.model.rooms.get(id)?.log.length ?? 0;
  }

  private async batch({ wait, operations }: Batch): Promise<void> {
    const { world, model } = this;
    world.now += wait;
    const said = operations.map((operation) => this.say(operation));
    const outcomes = await world.commit(...said.map((each) => each.operation));
    said.forEach(({ operation, words }, i) => {
      const outcome = outcomes[i]!;
      const expected =
        operation.type === 'append'
          ? model.append(operation.sender, operation.conversationId, words, world.now, takenBy(outcome))
          : model.raise(operation.userId, operation.conversationId, operation.kind, operation.seq);
      expect(essence(outcome)).toEqual(
        typeof expected === 'string'
          ? expected
          : 'entry' in expected
            ? { id: expected.entry.id, seq: expected.entry.facts.seq, repeat: expected.repeat }
            : { delivered: expected.delivered, read: expected.read },
      );
    });
  }

  private say(said: Batch['operations'][number]): { operation: Operation; words: Words } {
    const id = this.room(said.room);
    const head = this.head(id);
    const sender = this.sender(said.user);
    if (said.type === 'receipt') {
      return { operation: raise(sender, id, said.kind, Math.max(0, head - said.back)), words: {} };
    }
    const { messageType: type, text, targetBack, contextBack, key, toReply, postProc } = said;
    const words: Words = {
      type,
      text,
      ...((type === 8 || type === 9) && { target: Math.max(0, head - targetBack) }),
      ...(contextBack !== undefined && { context: Math.max(0, head - contextBack) }),
      ...(key !== undefined && { key: key && key + BigInt(type) }),
      ...(type === 1 && toReply !== undefined && key === undefined && { toReply }),
      ...(postProc !== undefined && { postProc }),
    };
    return { operation: append(sender, id, words), words };
  }

  private async change({ kind, user: by, room: index, several: ids }: Extract<Step, { type: 'change' }>) {
    const { store } = this.world;
    const id = this.groups[index] ?? 'group:5';
    const answer =
      kind === 'add'
        ? await store.addMembers(person(by), id, ids)
        : kind === 'remove'
          ? await store.removeMembers(by, id, ids)
          : await store.deleteGroup(by, id);
    const refused = answer !== undefined && isRefusal(answer);
    expect(!refused).toBe(this.model.change(kind, by, id, ids));
  }

  /** S5: what changed since the follower's version is all that it lacks. */
  async sync(id: string, limit: number): Promise<void> {
    const follower = this.followers.get(id)!;
    for (;;) {
      const feed = await this.world.store.feed(id, follower.version, limit);
      for (const change of feed.changes) follower.list.set(change.conversationId, viewOf(change));
      follower.version = feed.more ? feed.changes.at(-1)!.version : feed.version;
      if (!feed.more) break;
    }
    expect(sorted(follower.list)).toEqual(sorted(this.model.list(id)));
  }

  /** S1: one page of what was missed is what a scan of everything finds. */
  private async fetch(id: string, limit: number): Promise<void> {
    const follower = this.followers.get(id)!;
    const expected = this.model.missed(id, follower.inbox.id);
    const page = await this.world.store.missed(id, follower.inbox, limit);
    expect(page.entries.map((entry) => entry.id)).toEqual(expected.slice(0, limit));
    expect(page.more).toBe(expected.length > limit);
    follower.inbox = page.position;
  }

  private async compare(): Promise<void> {
    const { store } = this.world;
    for (const id of users) {
      const list = this.model.list(id);
      const feed = await store.feed(id, 0, 100);
      expect(sorted(new Map(feed.changes.map((change) => [change.conversationId, viewOf(change)])))).toEqual(
        sorted(list),
      );
      const follower = this.followers.get(id)!;
      expect(feed.version).toBeGreaterThanOrEqual(follower.newestVersion);
      follower.newestVersion = feed.version;

      const views = [...list.values()];
      const statics = await store.unread(id, 100);
      expect(statics.totalUnread).toBe(views.reduce((sum, view) => sum + view.unread, 0));
      expect(statics.totalUnreplied).toBe(views.filter((view) => view.reply.waiting).length);
      expect(statics.conversations.map((each) => each.conversationId).sort()).toEqual(
        [...list]
          .filter(([, view]) => view.unread || view.reply.waiting)
          .map(([room]) => room)
          .sort(),
      );
    }
    for (const conversation of this.model.rooms.values()) {
      const [reader] = [...conversation.members].find(([, member]) => !member.gone) ?? [];
      if (reader === undefined) continue;
      const page = await this.world.page(this.sender(reader), conversation.id);
      expect(page.headSeq).toBe(conversation.log.length);
      expect(page.entries.map((entry) => entry.id)).toEqual(
        this.model.visible(reader, conversation.id).map((entry) => entry.id),
      );
      const answer = await store.members(this.sender(reader), conversation.id);
      if (isRefusal(answer)) throw new Error(answer.reason);
      const members = answer.members.map(({ userId, joined, owner, delivered, read }) => [
        userId,
        { joined, owner, delivered, read, gone: false },
      ]);
      expect(Object.fromEntries(members)).toEqual(
        Object.fromEntries([...conversation.members].filter(([, member]) => !member.gone)),
      );
    }
  }
}

function takenBy(outcome: Outcome): { id: bigint; time: number } {
  return !isRefusal(outcome) && outcome.type === 'stored' ? outcome.entry : { id: 0n, time: 0 };
}

function essence(outcome: Outcome) {
  if (isRefusal(outcome)) return outcome.refused;
  return outcome.type === 'stored'
    ? { id: outcome.entry.id, seq: outcome.entry.seq, repeat: outcome.repeat }
    : outcome.position;
}

function viewOf(change: {
  readonly left: boolean;
  readonly closed: boolean;
  readonly lastSeq: number;
  readonly readSeq: number;
  readonly unread: number;
  readonly reply: View['reply'];
  readonly lastEntry: { readonly id: bigint } | undefined;
}): View {
  const { left, closed, lastSeq, readSeq, unread, reply, lastEntry } = change;
  return { left, closed, lastSeq, readSeq, unread, reply, lastId: lastEntry?.id };
}

function sorted<T>(map: Map<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
