import { run } from './run.ts';
import { shrink } from './shrink.ts';

/** Runs one seed again and says what happens: the fewest acts that break the same promise. @returns an exit code */
export async function replay(seed: number): Promise<number> {
  const { violation, hash, steps } = await run(seed);
  if (!violation) {
    console.log(`seed ${seed} holds (${steps} events, trace ${hash})`);
    return 0;
  }
  console.log(`seed ${seed} breaks a promise after ${steps} events:\n  ${violation.message}`);
  console.log(`replay it:\n  npm run sim -- --seed ${seed}\nleaving out what is not needed ...`);
  const script = await shrink(seed, violation);
  const shrunk = await run(seed, { script, keepLines: true });
  console.log(shrunk.lines.map((line) => `  ${line}`).join('\n'));
  console.log(`  => ${shrunk.violation?.message} (${shrunk.steps} events)`);
  return 1;
}
