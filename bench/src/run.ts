/** One run of the bench: starts the sides, measures them in turn, and judges. */
import { judge, shareOfBound } from './budgets.ts';
import { LoadDriver } from './load/driver.ts';
import { describeMachine } from './machine/machine.ts';
import type { Processes } from './machine/processes.ts';
import { measureBound } from './measure/bound.ts';
import { measureCapacity } from './measure/capacity.ts';
import { capacityRatio, summarize } from './measure/capacity-summary.ts';
import { measureLatency, type RateResult } from './measure/latency.ts';
import { isVoid } from './measure/void.ts';
import { measureCodecRatios } from './parts/parts.ts';
import { BUDGET_RATE, type LoadPlan, type Plan } from './plan.ts';
import type { Bound, LoadResult, Results } from './results.ts';
import { startAedes } from './servers/aedes.ts';
import { startMosquitto } from './servers/mosquitto.ts';
import type { Side, SideName, SideOptions } from './servers/side.ts';
import { startSkein } from './servers/skein.ts';

const starters = { skein: startSkein, mosquitto: startMosquitto, aedes: startAedes };

export interface RunContext {
  processes: Processes;
  /** Of this run alone, on the disk that is measured. */
  directory: string;
  progress(text: string): void;
}

/** Rejects when anything failed on the way: a process, a connection, a lost or doubled message. */
export async function run(plan: Plan, context: RunContext): Promise<Results> {
  const started = performance.now();
  const takenAt = new Date().toISOString();
  const driver = await LoadDriver.start(context.processes);
  const sides = await startSides(driver, plan, context);

  const capacity: LoadResult[] = [];
  for (const load of plan.loads) {
    capacity.push(await measureLoad(driver, sides, load, plan, context));
  }
  const prompt = await tuneForLatency(driver, sides, plan, context);
  const latency = await measureLatency(driver, prompt, plan, context.progress);

  const bound = await measureParts(driver, capacity, plan, context);
  capacity.push(...(await measureOverWebSocket(driver, prompt, plan, context)));
  context.progress('the codec');
  const codec = await measureCodecRatios(context.processes, plan.codecMs);

  const ratioTo = (to: SideName) =>
    capacity[0]?.ratios.find((ratio) => ratio.of === 'skein' && ratio.to === to);
  return {
    takenAt,
    seconds: Math.round((performance.now() - started) / 1000),
    machine: describeMachine(context.directory),
    plan,
    sides: sides.map(({ name, title, durability }) => ({ name, title, durability })),
    capacity,
    latency,
    ...(bound && { bound }),
    codec,
    verdicts: judge({
      P1: ratioTo('mosquitto')?.ratio.median,
      P2: ratioTo('aedes')?.ratio.median,
      P3: bound && !bound.isDisturbed ? shareOfBound(bound) : undefined,
      P4: latencyAtBudgetRate(latency)?.receipt.p99Ms,
      P13: Math.min(...codec.map(({ ratio }) => ratio)),
    }),
  };
}

async function startSides(driver: LoadDriver, plan: Plan, context: RunContext): Promise<Side[]> {
  const sides: Side[] = [];
  for (const name of plan.sides) {
    context.progress(`starting ${name}`);
    const side = await starters[name](context.processes, sideOptions(plan, context));
    await connect(driver, side, plan);
    sides.push(side);
  }
  return sides;
}

async function stopSide(driver: LoadDriver, side: Side): Promise<void> {
  await driver.disconnect(side.name);
  await side.stop();
}

/** The same sides, with a Mosquitto whose setting is the one for latency. */
async function tuneForLatency(
  driver: LoadDriver,
  sides: readonly Side[],
  plan: Plan,
  context: RunContext,
): Promise<Side[]> {
  const tuned: Side[] = [];
  for (const side of sides) {
    if (side.name !== 'mosquitto') {
      tuned.push(side);
      continue;
    }
    await stopSide(driver, side);
    const prompt = await startMosquitto(context.processes, sideOptions(plan, context), 'latency');
    await connect(driver, prompt, plan);
    tuned.push(prompt);
  }
  return tuned;
}

/** Ends the sides of the main run and starts them anew. No result when the plan has no such load. */
async function measureOverWebSocket(
  driver: LoadDriver,
  before: readonly Side[],
  plan: Plan,
  context: RunContext,
): Promise<LoadResult[]> {
  if (!plan.webSocketLoad) return [];
  for (const side of before) await stopSide(driver, side);
  const webSocketPlan = { ...plan, transport: 'websocket' } as const;
  const sides = await startSides(driver, webSocketPlan, context);
  return [await measureLoad(driver, sides, plan.webSocketLoad, webSocketPlan, context)];
}

function sideOptions({ transport, version }: Plan, { directory }: RunContext): SideOptions {
  return { transport, version, directory };
}

async function connect(driver: LoadDriver, side: Side, plan: Plan): Promise<void> {
  const line = { port: side.port, version: plan.version, transport: side.transport };
  await driver.connect({ fleet: side.name, line, clients: side.clients(plan.clients) });
}

async function measureLoad(
  driver: LoadDriver,
  sides: readonly Side[],
  load: LoadPlan,
  plan: Plan,
  context: RunContext,
): Promise<LoadResult> {
  const blocks = await measureCapacity(driver, sides, load, plan, context.progress);
  const [first, ...others] = sides.map((side) => side.name);
  return {
    window: load.window,
    transport: plan.transport,
    sides: sides.map((side) => summarize(side.name, blocks)),
    ratios: first ? others.map((other) => capacityRatio(first, other, blocks)) : [],
    blocks,
  };
}

async function measureParts(
  driver: LoadDriver,
  capacity: readonly LoadResult[],
  plan: Plan,
  context: RunContext,
): Promise<Bound | undefined> {
  const skein = capacity[0]?.sides.find(({ side }) => side === 'skein');
  const load = plan.loads[0];
  // The relay is one over TCP.
  if (!skein || !load || plan.transport !== 'tcp') return undefined;
  context.progress('the parts of the bound, each alone');
  return measureBound(skein, driver, load, plan, context.processes, sideOptions(plan, context));
}

function latencyAtBudgetRate(latency: readonly RateResult[]): RateResult | undefined {
  return latency.find((result) => result.side === 'skein' && result.rate === BUDGET_RATE && !isVoid(result));
}
