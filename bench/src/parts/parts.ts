/** What has no clients: the parts of P3 and the codec, each measured alone in a process on the servers' core. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CodecRatio } from '../codec.ts';
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

const SCRIPTS = {
  row: new URL('./row-process.ts', import.meta.url),
  sync: new URL('./sync-process.ts', import.meta.url),
  codec: new URL('./codec-process.ts', import.meta.url),
};

/** `database` is one that the server has filled; what it is copied into lies in `directory`. */
export function measureRow(
  processes: Processes,
  database: string,
  directory: string,
  rowsPerBatch: number,
): Promise<RowPart> {
  return measure(processes, 'row', [database, join(directory, 'row.db'), rowsPerBatch]);
}

export function measureSync(
  processes: Processes,
  directory: string,
  bytesPerBatch: number,
  ms: number,
): Promise<SyncPart> {
  return measure(processes, 'sync', [join(directory, 'sync.log'), bytesPerBatch, ms]);
}

export async function measureCodecRatios(processes: Processes, ms: number): Promise<CodecRatio[]> {
  const { codec } = await measure<{ codec: CodecRatio[] }>(processes, 'codec', [ms / 1000]);
  return codec;
}

async function measure<Part>(
  processes: Processes,
  name: keyof typeof SCRIPTS,
  args: readonly (string | number)[],
): Promise<Part> {
  const part = await processes.start<Part>({
    name,
    core: SERVER_CORE,
    command: process.execPath,
    args: [fileURLToPath(SCRIPTS[name]), ...args.map(String)],
    ready: eventLine('measured'),
  });
  await part.stop();
  return part.ready;
}
