/** The parts of P3 that have no clients, each measured alone in a process of its own on the servers' core. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventLine, type Processes, SERVER_CORE } from '../machine/processes.ts';

export interface RowPart {
  /** CPU microseconds for the row of one message. */
  microsPerRow: number;
  /** What one transaction adds to the log that is to be synced. */
  bytesPerBatch: number;
}

export interface SyncPart {
  /** Mean microseconds that the disk takes. */
  microsPerSync: number;
}

export interface PartOptions {
  directory: string;
  ms: number;
}

export function measureRow(
  processes: Processes,
  rowsPerBatch: number,
  conversations: number,
  { directory, ms }: PartOptions,
): Promise<RowPart> {
  return measure(processes, 'row', [join(directory, 'row'), rowsPerBatch, conversations, ms]);
}

export function measureSync(
  processes: Processes,
  bytesPerBatch: number,
  { directory, ms }: PartOptions,
): Promise<SyncPart> {
  return measure(processes, 'sync', [join(directory, 'sync'), bytesPerBatch, ms]);
}

async function measure<Part>(
  processes: Processes,
  name: 'row' | 'sync',
  args: readonly (string | number)[],
): Promise<Part> {
  const script = fileURLToPath(new URL(`./${name}-process.ts`, import.meta.url));
  const part = await processes.start<Part>({
    name,
    core: SERVER_CORE,
    command: process.execPath,
    args: [script, ...args.map(String)],
    ready: eventLine('measured'),
  });
  await part.stop();
  return part.ready;
}
