import { parentPort, workerData } from 'node:worker_threads';
import { run } from './run.ts';
import type { SeedResult, Shift } from './workers.ts';

/** One seed of so many is run twice: both must go the same way, to the last byte. */
const replayEvery = 100;

const { from, workers, untilMs } = workerData as Shift;

for (let seed = from; Date.now() < untilMs; seed += workers) parentPort!.postMessage(await resultOf(seed));

async function resultOf(seed: number): Promise<SeedResult> {
  const { steps, simulatedMs, violation, reached, hash } = await run(seed);
  const replayed = seed % replayEvery === 0;
  const again = replayed ? await run(seed) : undefined;
  const isSame = !again || (again.hash === hash && again.steps === steps);
  return {
    seed,
    steps,
    simulatedMs,
    violation: violation?.message ?? (isSame ? undefined : `replay: ${hash} became ${again.hash}`),
    reached: [...reached],
    replayed,
  };
}
