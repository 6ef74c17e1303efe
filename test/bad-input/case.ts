import type { Stage } from './stage.ts';

/** One piece of bad input: what is done, and what it must get. Throws when it gets something else. */
export interface Case {
  readonly name: string;
  readonly run: (stage: Stage) => Promise<void>;
}
