/** The bench's command line: `npm run bench -- [--quick] [--strict] ...` */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Processes } from './machine/processes.ts';
import { fullPlan, type Plan, quickPlan } from './plan.ts';
import { plots } from './report/plots.ts';
import { markdownReport } from './report/table.ts';
import type { Results } from './results.ts';
import { run } from './run.ts';
import { type SideName, sideNames } from './servers/side.ts';

const HELP = `npm run bench -- [options]

  --quick            the ratios in under a minute; the full run takes some eight
  --strict           exit with 1 when a budget is missed
  --sides a,b,...    of ${sideNames.join(', ')}; ratios are the first's to each of the others (default: all)
  --mqtt 3.1.1|5     (default 3.1.1)
  --websocket        instead of plain TCP
  --out DIR          for latest.json, latest.md and the plots (default: bench/results)
`;

const ROOM = fileURLToPath(new URL('../', import.meta.url));

function planOf(values: ReturnType<typeof readArguments>): Plan {
  const sides = (values.sides?.split(',') ?? sideNames) as SideName[];
  const unknown = sides.find((side) => !sideNames.includes(side));
  if (unknown) throw new UsageError(`there is no side "${unknown}"; there are ${sideNames.join(', ')}`);
  if (values.mqtt !== '3.1.1' && values.mqtt !== '5') throw new UsageError('--mqtt is 3.1.1 or 5');
  const { webSocketLoad, ...plan }: Omit<Plan, 'sides' | 'version' | 'transport'> = values.quick
    ? quickPlan
    : fullPlan;
  return {
    ...plan,
    ...(webSocketLoad && !values.websocket && { webSocketLoad }),
    sides,
    version: values.mqtt === '5' ? 5 : 4,
    transport: values.websocket ? 'websocket' : 'tcp',
  };
}

class UsageError extends Error {}

function readArguments() {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
        sides: { type: 'string' },
        mqtt: { type: 'string', default: '3.1.1' },
        websocket: { type: 'boolean', default: false },
        out: { type: 'string', default: `${ROOM}results` },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Runs the plan in a directory of its own; ends every process and removes the directory, however the run ends. */
async function runBounded(plan: Plan): Promise<Results> {
  const rooms = `${ROOM}.skein/`;
  mkdirSync(rooms, { recursive: true });
  const directory = mkdtempSync(`${rooms}bench-`);
  const processes = new Processes(directory);
  let stopped: string | undefined;
  const stop = (why: string) => {
    stopped ??= why;
    void processes.stopAll();
  };
  const limit = setTimeout(() => stop(`the run took longer than ${plan.limitMs / 1000} s`), plan.limitMs);
  process.once('SIGINT', () => stop('interrupted'));
  process.once('SIGTERM', () => stop('interrupted'));
  try {
    return await run(plan, { processes, directory, progress });
  } catch (error) {
    // A process that was told to end is the consequence, not the cause.
    throw stopped ? new Error(stopped) : error;
  } finally {
    clearTimeout(limit);
    await processes.stopAll();
    rmSync(directory, { recursive: true, force: true });
  }
}

function progress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
}

function write(results: Results, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const report = markdownReport(results);
  writeFileSync(`${directory}/latest.json`, `${JSON.stringify(results, undefined, 1)}\n`);
  writeFileSync(`${directory}/latest.md`, report);
  for (const [name, svg] of Object.entries(plots(results))) writeFileSync(`${directory}/${name}`, svg);
  return report;
}

try {
  const values = readArguments();
  if (values.help) {
    process.stdout.write(HELP);
  } else {
    const results = await runBounded(planOf(values));
    progress('');
    process.stdout.write(write(results, values.out));
    if (values.strict && results.verdicts.some(({ outcome }) => outcome === 'missed')) process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(
    `\nbench: ${(error as Error).message}\n${error instanceof UsageError ? `\n${HELP}` : ''}`,
  );
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
