/** How many messages share one sync to disk, from a server of its own that strace counts the syncs of. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadDriver } from '../load/driver.ts';
import type { Processes } from '../machine/processes.ts';
import type { LoadPlan, Plan } from '../plan.ts';
import type { SideOptions } from '../servers/side.ts';
import { startSkein } from '../servers/skein.ts';

const STRACE = '/usr/bin/strace';
const FLEET = 'skein-traced';

export interface Syncs {
  messagesPerSync: number;
  /** What the server has stored meanwhile. */
  database: string;
}

/**
 * Counts fsync and fdatasync under the load; undefined without strace. The seccomp filter stops the server at those
 * calls alone, but even so nothing else is measured on it.
 */
export async function measureSyncs(
  driver: LoadDriver,
  processes: Processes,
  load: LoadPlan,
  plan: Plan,
  options: SideOptions,
): Promise<Syncs | undefined> {
  if (!existsSync(STRACE)) return undefined;
  const log = join(options.directory, 'syncs.log');
  // -D keeps the server our own child, so that it is the server and not strace that is told to end.
  const under = [STRACE, '-D', '-f', '--seccomp-bpf', '-qq', '-e', 'trace=fsync,fdatasync', '-o', log];
  const side = await startSkein(processes, { ...options, name: FLEET, under });
  const line = { port: side.port, version: plan.version, transport: side.transport };
  await driver.connect({ fleet: FLEET, line, clients: side.clients(plan.clients) });
  await driver.closedLoop(FLEET, load.window, plan.warmUpMs);
  const before = countSyncs(log);
  const run = await driver.closedLoop(FLEET, load.window, plan.partMs);
  const syncs = countSyncs(log) - before;
  await driver.disconnect(FLEET);
  await side.stop();
  if (syncs === 0) throw new Error('the server acknowledged without a sync to disk: strace saw none');
  return {
    messagesPerSync: run.deliveredInAll / syncs,
    database: join(options.directory, FLEET, 'skein.db'),
  };
}

function countSyncs(log: string): number {
  // A call that another thread's interrupted is written twice: unfinished, and resumed.
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /f(data)?sync\(/.test(line)).length;
}
