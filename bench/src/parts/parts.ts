/** The parts of P3 that have no clients, each measured alone in a process on the servers' core. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Processes, SERVER_CORE } from '../machine/processes.ts';

const SYNC = fileURLToPath(new URL('./sync-process.ts', import.meta.url));

/** Mean microseconds to write and sync `batchBytes` in the run's directory. */
export function measureSync(
  processes: Processes,
  directory: string,
  batchBytes: number,
  ms: number,
): Promise<number> {
  return measurePart(processes, 'sync', SYNC, [join(directory, 'sync.log'), String(batchBytes), String(ms)]);
}

async function measurePart(
  processes: Processes,
  name: string,
  script: string,
  args: readonly string[],
): Promise<number> {
  const part = await processes.start<number>({
    name,
    core: SERVER_CORE,
    command: process.execPath,
    args: [script, ...args],
    ready: measuredLine,
  });
  await part.stop();
  return part.ready;
}

function measuredLine(line: string): number | undefined {
  const match = /^\{"event":"measured","micros":([\d.]+)\}$/.exec(line);
  return match ? Number(match[1]) : undefined;
}
