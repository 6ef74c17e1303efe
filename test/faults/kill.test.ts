import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directConversation, serviceConversation } from '@skein/protocol';
import {
  checkHistory,
  type HistoryEvent,
  type LogEntry,
  Random,
  type Skein,
  startSkein,
  until,
} from '@skein/testkit';
import { describe, expect, it } from 'vitest';
import { createGroup, readLog } from './call.ts';
import { quickStart, skein } from './command.ts';
import { Correspondent } from './correspondent.ts';

const rounds = 50;
const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 32);

const customers = ['1001', '1002', '1003', '1004'];
const agents = ['9001', '9002'];
const devicesEach = 2;

describe(`the server killed ${rounds} times under load (TEST_SEED=${seed})`, () => {
  it('L1 I1 I3 O1 O3 S2 N2 U4 loses, doubles and reorders nothing, and needs no repair', async () => {
    await using server = await startSkein({ env: { SKEIN_LIMITS_SENDS_PER_10S: '0', ...quickStart } });
    const random = new Random(seed);
    const history: HistoryEvent[] = [];
    const crowd = await gather(server, random, history);
    let slowestStartMs = 0;
    let verdicts: Promise<void> | undefined;
    await connectAll(crowd);
    for (const each of crowd) each.write();
    for (let round = 0; round < rounds; round += 1) {
      await someProgress(crowd, random.integer(1, 300));
      await server.kill();
      await verdicts;
      const copy = await copyOf(server.dataDir);
      const started = performance.now();
      const restarted = server.restart();
      await agrees(copy, `what kill ${round} left`);
      await rm(copy, { recursive: true });
      await restarted;
      slowestStartMs = Math.max(slowestStartMs, performance.now() - started);
      const back = connectAll(crowd);
      // Some deaths are in the middle of the coming back.
      if (random.chance(0.8)) await back;
      verdicts = agrees(server.dataDir, `what start ${round} made of it`);
    }
    await verdicts;
    await connectAll(crowd);
    for (const each of crowd) each.rest();
    await until(() => crowd.every(({ outbox }) => outbox.size === 0), { what: 'empty outboxes' });

    const log = await readAll(server, crowd);
    expect(checkHistory(history, log)).toEqual([]);
    expect(log.length).toBe(crowd.reduce((sum, { written }) => sum + written, 0));
    await allHaveAll(crowd, log);
    await agrees(server.dataDir, 'what is there in the end');
    console.info(
      `${rounds} kills, ${log.length} entries, ${history.length} events, slowest start ${Math.round(slowestStartMs)} ms`,
    );
  }, 240_000);
});

/** Customers, agents and what they write in: direct, a group, cases of the service. */
async function gather(server: Skein, random: Random, history: HistoryEvent[]): Promise<Correspondent[]> {
  // An agent is known, and so a member of what customers begin, once its token was seen.
  for (const agent of agents) await createGroup(server, server.token(agent, 'agent'), []);
  const group = await createGroup(server, server.token('1001'), [...customers, ...agents]);
  const cases = customers.slice(0, 2).map((customer) => serviceConversation(customer, 1));
  return [...customers, ...agents].flatMap((user, index) => {
    const token = server.token(user, agents.includes(user) ? 'agent' : 'customer');
    const peer = customers[index ^ 1];
    const conversations = [
      group,
      ...(peer ? [directConversation(user, peer)] : []),
      ...cases.filter((id) => agents.includes(user) || id.startsWith(`cs:${user}:`)),
    ];
    return Array.from({ length: devicesEach }, (_, device) => {
      return new Correspondent({
        device: {
          port: server.mqttPort,
          user,
          token,
          clientId: `${user}-${device}`,
          version: device === 0 ? 5 : 4,
        },
        conversations,
        random: random.fork(),
        history,
      });
    });
  });
}

async function connectAll(crowd: readonly Correspondent[]): Promise<void> {
  await Promise.all(crowd.map((each) => each.connect()));
}

/** Until so many more were acknowledged. */
function someProgress(crowd: readonly Correspondent[], more: number): Promise<boolean> {
  const count = () => crowd.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  const goal = count() + more;
  return until(() => count() >= goal, { what: () => `${goal - count()} more acknowledgements` });
}

/** The data as a kill left it, before anything opens it. */
async function copyOf(dataDir: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'skein-killed-'));
  await cp(dataDir, copy, { recursive: true });
  return copy;
}

/** `skein check` finds no difference. */
async function agrees(dataDir: string, what: string): Promise<void> {
  const { code, said } = await skein('check', '--data', dataDir);
  expect({ what, code, said }).toEqual({ what, code: 0, said: 'The store agrees with its log.\n' });
}

async function readAll(server: Skein, crowd: readonly Correspondent[]) {
  const readers = new Map(
    crowd.flatMap(({ conversations, token }) => conversations.map((id) => [id, token])),
  );
  const logs = await Promise.all([...readers].map(([id, token]) => readLog(server, token, id)));
  return logs.flat();
}

/** Every device had every entry of its conversations; its own it need not be handed. */
async function allHaveAll(crowd: readonly Correspondent[], log: readonly LogEntry[]): Promise<void> {
  const missing = crowd.flatMap((each) => each.missing(log).map((place) => ({ each, place })));
  const count = missing.length;
  const started = performance.now();
  await until(
    () => {
      // Looked at from the end, and each only until it is there: the list is long.
      while (missing.length > 0 && missing.at(-1)!.each.has(missing.at(-1)!.place)) missing.pop();
      return missing.length === 0;
    },
    { timeoutMs: 30_000, what: () => JSON.stringify(missing.at(-1)!.place) },
  );
  console.info(`${count} entries caught up in ${Math.round(performance.now() - started)} ms`);
}
