/** P3: how near the whole server comes to the sum of its parts, each measured alone in the same run. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadDriver } from '../load/driver.ts';
import type { Processes } from '../machine/processes.ts';
import { cpuMicros } from '../machine/usage.ts';
import { measureRow, measureSync } from '../parts/parts.ts';
import type { LoadPlan, Plan } from '../plan.ts';
import type { Bound } from '../results.ts';
import { startRelay } from '../servers/relay.ts';
import type { SideOptions } from '../servers/side.ts';
import type { SideSummary } from './capacity-summary.ts';
import { measureSyncs } from './syncs.ts';
import { isDisturbed } from './void.ts';

const RELAY_FLEET = 'relay';

/** Undefined where strace is not there to count syncs. `skein` is what the whole server reached under `load`. */
export async function measureBound(
  skein: SideSummary,
  driver: LoadDriver,
  load: LoadPlan,
  plan: Plan,
  processes: Processes,
  options: SideOptions,
): Promise<Bound | undefined> {
  const traced = await measureSyncs(driver, processes, load, plan, options);
  if (traced === undefined) return undefined;
  const { messagesPerSync, database } = traced;
  const { directory } = options;
  const { microsPerRow, bytesPerBatch } = await measureRow(processes, database, directory, messagesPerSync);
  const { microsPerSync } = await measureSync(processes, directory, bytesPerBatch, plan.partMs);
  const relay = await measureRelay(driver, load, plan, processes);
  const rate = skein.messagesPerSecond?.median;
  return {
    relay,
    row: microsPerRow,
    sync: microsPerSync,
    messagesPerSync,
    isDisturbed: isDisturbed(skein),
    ...(rate === undefined
      ? { whole: skein.cpuMicrosPerMessage.median + microsPerSync / messagesPerSync, basis: 'cpu' }
      : { whole: 1e6 / rate, basis: 'rate' }),
  };
}

/** CPU microseconds a message of a server that only relays. */
async function measureRelay(
  driver: LoadDriver,
  load: LoadPlan,
  plan: Plan,
  processes: Processes,
): Promise<number> {
  const relay = await startRelay(processes);
  const line = { port: relay.port, version: plan.version, transport: relay.transport };
  await driver.connect({ fleet: RELAY_FLEET, line, clients: relay.clients(plan.clients) });
  await driver.closedLoop(RELAY_FLEET, load.window, plan.warmUpMs);
  const cpu = cpuMicros(relay.pid);
  const run = await driver.closedLoop(RELAY_FLEET, load.window, plan.partMs);
  await delay(plan.settleMs);
  const micros = (cpuMicros(relay.pid) - cpu) / run.deliveredInAll;
  await driver.disconnect(RELAY_FLEET);
  await relay.stop();
  return micros;
}
