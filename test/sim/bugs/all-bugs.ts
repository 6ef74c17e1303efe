import type { Bug } from './bug.ts';
import { clientBugs } from './client-bugs.ts';
import { serverBugs } from './server-bugs.ts';
import { storeBugs } from './store-bugs.ts';

/** Each must be caught. */
export const allBugs: readonly Bug[] = [...storeBugs, ...serverBugs, ...clientBugs];
