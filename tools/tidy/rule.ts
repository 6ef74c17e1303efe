import type { Repository } from './repository.ts';

export interface Problem {
  readonly file: string;
  readonly line?: number;
  /** What in the file is meant (a function, a dependency), so that it can be allowed without its neighbours. */
  readonly subject?: string;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** A rule of the repository. It reports, and decides nothing about exceptions: those are in `allowed.json`. */
export interface Rule {
  readonly name: string;
  find(repository: Repository): Iterable<Problem>;
}
