import { Worker } from 'node:worker_threads';
import type { Marker } from './markers.ts';

export interface SeedResult {
  readonly seed: number;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly violation: string | undefined;
  readonly reached: readonly Marker[];
  /** It was run a second time, which gave the same trace. */
  readonly replayed: boolean;
}

export interface Shift {
  readonly from: number;
  readonly workers: number;
  /** Real Unix milliseconds; a seed that was begun is finished. */
  readonly untilMs: number;
}

/** Runs seeds one after the other, each in one of some threads. */
export async function runSeeds(shift: Shift, tell: (result: SeedResult) => void): Promise<void> {
  const ended = Array.from({ length: shift.workers }, (_, index) => {
    const worker = new Worker(new URL('./seed-worker.ts', import.meta.url), {
      workerData: { ...shift, from: shift.from + index },
    });
    worker.on('message', tell);
    return new Promise<void>((resolve, reject) => {
      worker.on('error', reject);
      worker.on('exit', () => resolve());
    });
  });
  await Promise.all(ended);
}
