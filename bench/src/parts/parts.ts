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

export async function measureCodecRatios(processes: Processes, ms: number): Promise<CodecRatio[]> {
  const { codec } = await measure<{ codec: CodecRatio[] }>(processes, 'codec', [ms / 1000]);
  return codec;
}

async function measure<Part>(
  processes: Processes,
  name: 'row' | 'sync' | 'codec',
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
