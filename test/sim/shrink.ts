import type { Act } from './act.ts';
import type { Violation } from './checks/violation.ts';
import { draw } from './plan.ts';
import { type RunOptions, run } from './run.ts';
import { write } from './script.ts';

/** The same promise, broken in the same words: only who and where may differ. */
function shapeOf({ message }: Violation): string {
  return message.replace(/\w+:\d+\S*|\d+/g, '…');
}

/** Enough to bring some hundred acts down to a handful. */
const mostRuns = 400;

/**
 * The fewest acts that still break the rule: parts of the script are left out, the larger ones first, as long as the
 * same rule is broken without them.
 */
export async function shrink(
  seed: number,
  broken: Violation,
  options: RunOptions = {},
): Promise<readonly Act[]> {
  let script: readonly Act[] = options.script ?? write(draw(seed));
  let runs = 0;
  const stillBreaks = async (shorter: readonly Act[]) => {
    runs += 1;
    const { violation } = await run(seed, { ...options, script: shorter });
    return violation !== undefined && shapeOf(violation) === shapeOf(broken);
  };
  for (let size = Math.ceil(script.length / 2); ; size = Math.ceil(size / 2)) {
    for (let from = script.length - size; from > -size && runs < mostRuns; from -= size) {
      const shorter = [...script.slice(0, Math.max(0, from)), ...script.slice(Math.max(0, from + size))];
      if (shorter.length < script.length && (await stillBreaks(shorter))) script = shorter;
    }
    if (size === 1 || runs >= mostRuns) return script;
  }
}
