import { accessSync, constants, mkdirSync, opendirSync } from 'node:fs';
import { dirname } from 'node:path';
import { SetupProblem, systemCode } from './problem.ts';

/**
 * Makes the data directory if it is missing, for its owner only.
 *
 * @throws {SetupProblem} when it cannot be made, or cannot be written to
 */
export function prepareDataDir(dir: string): void {
  try {
    makeDirectory(dir);
    // Also says so when it is there and is no directory.
    opendirSync(dir).closeSync();
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new SetupProblem(
      `cannot write to the data directory ${dir} (${systemCode(error) ?? error}): make it writable for this user, or choose another with --data DIR`,
    );
  }
}

/** Node's own `recursive` never returns where a parent cannot be made and says ENOENT, as below /proc. */
function makeDirectory(dir: string): void {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    const parent = dirname(dir);
    if (systemCode(error) === 'EEXIST') return;
    if (systemCode(error) !== 'ENOENT' || parent === dir) throw error;
    makeDirectory(parent);
    mkdirSync(dir, { mode: 0o700 });
  }
}
