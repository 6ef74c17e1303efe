import { run } from '../run.ts';
import type { Bug } from './bug.ts';

/** The first of some seeds that catches a planted bug, and the rule that it breaks; undefined: none does. */
export async function hunt(
  bug: Bug,
  from: number,
  most: number,
): Promise<{ readonly seed: number; readonly rule: string } | undefined> {
  for (let seed = from; seed < from + most; seed++) {
    const { violation } = await run(seed, { bug });
    if (violation) return { seed, rule: violation.rule };
  }
  return undefined;
}
