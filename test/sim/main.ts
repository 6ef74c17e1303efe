import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { allBugs } from './bugs/all-bugs.ts';
import { hunt } from './bugs/hunt.ts';
import { replay } from './replay.ts';
import { Summary } from './summary.ts';
import { runSeeds } from './workers.ts';

const help = `npm run sim -- [--minutes N] [--seed S] [--workers N]   runs seeds from S on for N minutes
npm run sim -- --seed S                                  replays one seed, and shrinks it if it breaks something
npm run sim -- --bugs                                    shows that every planted bug is caught`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    workers: { type: 'string' },
    bugs: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const seed = values.seed === undefined ? undefined : Number(values.seed);
  if (values.help) {
    console.log(help);
    return 0;
  }
  if (values.bugs) return showBugs();
  if (seed !== undefined && values.minutes === undefined) return replay(seed);
  return runFor(Number(values.minutes ?? 1), seed ?? 1);
}

async function runFor(minutes: number, from: number): Promise<number> {
  const workers = Number(values.workers ?? Math.min(2, availableParallelism()));
  const summary = new Summary();
  await runSeeds({ from, workers, untilMs: Date.now() + minutes * 60_000 }, (result) => summary.add(result));
  console.log(summary.text());
  const [first] = summary.failures;
  if (first === undefined) return 0;
  await replay(first.seed);
  return 1;
}

async function showBugs(): Promise<number> {
  let missed = 0;
  for (const bug of allBugs) {
    const caught = await hunt(bug, 1, 60);
    if (!caught) missed += 1;
    console.log(
      caught ? `caught by seed ${caught.seed}: ${bug.name} (${caught.rule})` : `MISSED: ${bug.name}`,
    );
  }
  console.log(`${allBugs.length - missed} of ${allBugs.length} planted bugs are caught`);
  return missed === 0 ? 0 : 1;
}
