import { ChatService, outTopic } from '@skein/protocol';
import { Random } from '@skein/testkit';
import { expect, it } from 'vitest';
import { call } from './calls.ts';
import type { Client } from './clients/client.ts';
import { mqttJs } from './clients/mqttjs.ts';
import { comes, got, message, own } from './payloads.ts';
import { newUser } from './people.ts';
import { openStage } from './stage.ts';

const stage = openStage({ env: { SKEIN_LIMITS_SENDS_PER_10S: '0' } });
const { connect, caller } = stage;

const interleavings = 1_000;
/** So many are under way at a time, each lane with one sender. */
const lanes = 8;
const kind = mqttJs('5', 'TCP');

/** What one side does, step by step; the interleaving picks when the next one begins. */
class Side {
  readonly #steps: AsyncIterator<void, void>;
  #last: Promise<unknown> = Promise.resolve();
  #done = false;

  constructor(steps: AsyncIterator<void, void>) {
    this.#steps = steps;
  }

  get done(): boolean {
    return this.#done;
  }

  /** Begins the next step as soon as the one before has ended. */
  step(): Promise<unknown> {
    this.#last = this.#last.then(async () => {
      const { done = false } = await this.#steps.next();
      this.#done = done;
    });
    return this.#last;
  }
}

/** Lets the sides take their steps in an order that the seed decides, alone or both at once, near or far apart. */
async function interleave(random: Random, sides: readonly Side[]): Promise<void> {
  for (;;) {
    const open = sides.filter(({ done }) => !done);
    if (open.length === 0) return;
    const step = random.pick(open).step();
    if (random.chance(0.4)) await step;
    for (let turns = random.integer(0, 3); turns > 0; turns -= 1) await new Promise(setImmediate);
  }
}

interface Sender {
  readonly user: string;
  readonly client: Client;
}

async function* sending(random: Random, { user, client }: Sender, to: string, count: number) {
  const underway: Promise<unknown>[] = [];
  for (let number = 1; number <= count; number += 1) {
    const sent = client.publish(outTopic(user, 'message'), message(user, to, String(number)), 1);
    underway.push(sent);
    if (random.chance(0.5)) await sent;
    yield;
  }
  await Promise.all(underway);
}

/** What the reader has in the end: history up to the position that was read first, and what came live. */
interface Reading {
  live: Client;
  head: number;
  history: Map<number, string>;
  headAtEnd: number;
}

/** S1: subscribe, SUBACK, positions, fetch in pages. */
async function* reading(random: Random, user: string, conversationId: string, result: Partial<Reading>) {
  result.history = new Map();
  result.live = await connect(kind, user, { subscribe: own(user, ['message']) });
  yield;
  // Nobody may have written yet: then there is no conversation, and all of it will come live.
  const { conversations } = await call(caller(user), ChatService.method.listConversations, {});
  result.head = Number(conversations[0]?.lastSeq ?? 0);
  result.headAtEnd = result.head;
  yield;
  const limit = random.integer(1, 5);
  while (result.history.size < result.head) {
    const page = await call(caller(user), ChatService.method.listMessages, {
      conversationId,
      afterSeq: String(result.history.size),
      limit,
    });
    for (const { body } of page.entries) {
      if (body.case === 'message') result.history.set(Number(body.value.seq), body.value.content);
    }
    result.headAtEnd = Number(page.headSeq);
    yield;
  }
}

it('S1 M11 history over HTTP and live messages together: at a thousand interleavings no hole and no double', async () => {
  const reached = { nothingBefore: 0, allBefore: 0, cameWhileFetching: 0, twice: 0 };
  const random = new Random(1_106);
  const seeds = Array.from({ length: interleavings }, () => random.uint32());
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      const user = newUser();
      const sender = { user, client: await connect(kind, user) };
      for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) await once(seed, sender);
    }),
  );

  async function once(seed: number, sender: Sender): Promise<void> {
    const random = new Random(seed);
    const user = newUser();
    const [a, b] = [sender.user, user].sort((x, y) => Number(x) - Number(y));
    const conversationId = `dm:${a}:${b}`;
    const count = random.integer(1, 12);
    const result: Partial<Reading> = {};
    await interleave(random, [
      new Side(sending(random.fork(), sender, user, count)),
      new Side(reading(random.fork(), user, conversationId, result)),
    ]);
    const { live, head, history, headAtEnd } = result as Reading;
    if (head < count) await comes(live, 'message', ({ seq }) => Number(seq) === count);
    const arrived = got(live, 'message').map(({ seq, content }) => [Number(seq), content] as const);
    const told = `seed ${seed}: ${arrived.length} live, history to ${head} of ${count}`;
    const all = Array.from({ length: count }, (_, index) => [index + 1, String(index + 1)]);
    // Neither has doubles; history reaches to its position or beyond, and live begins there or before.
    expect(history.size, told).toBeGreaterThanOrEqual(head);
    expect([...history], told).toEqual(all.slice(0, history.size));
    expect(arrived, told).toEqual(all.slice(count - arrived.length));
    const merged = new Map([...history, ...arrived]);
    expect(
      [...merged].sort(([x], [y]) => x - y),
      told,
    ).toEqual(all);
    if (head === 0) reached.nothingBefore += 1;
    if (arrived.length === 0) reached.allBefore += 1;
    if (headAtEnd > head) reached.cameWhileFetching += 1;
    if (arrived.length + history.size > count) reached.twice += 1;
    await live.end();
  }

  // The dangerous moments were there.
  for (const [moment, times] of Object.entries(reached)) {
    expect(times, moment).toBeGreaterThan(interleavings / 100);
  }
});
