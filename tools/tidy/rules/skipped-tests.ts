import type { Problem, Rule } from '../rule.ts';

const runners = new Set(['describe', 'it', 'test', 'suite']);
const skipping = new Set(['skip', 'todo', 'only', 'fails', 'skipIf', 'runIf']);

/** A test that does not run shows nothing, so it says why: `describe.skipIf(without('chromium'))` prints the reason. */
export const skippedTests: Rule = {
  name: 'skipped-tests',
  *find(repository): Iterable<Problem> {
    for (const module of repository.written) {
      for (const { path, firstCall, curried, line } of module.calls) {
        const [runner, ...modifiers] = path;
        if (runner === undefined || !runners.has(runner) || curried) continue;
        const skip = modifiers.find((modifier) => skipping.has(modifier));
        if (skip === undefined || (skip === 'skipIf' && firstCall === 'without')) continue;
        const message = `${runner}.${skip}: run it or delete it; what it needs may be missing: ${runner}.skipIf(without(...)) prints that`;
        yield { file: module.path, line, message };
      }
    }
  },
};
