import type { Problem } from './rule.ts';

/** An exception to a rule: `allowed.json` lists them, and only shrinks. */
export interface Allowed {
  readonly rule: string;
  readonly file: string;
  /** One function, export, dependency or link of the file; absent: the whole file. */
  readonly subject?: string;
  /** Why the rule does not fit here. */
  readonly why: string;
}

export interface Found extends Problem {
  readonly rule: string;
}

/** What remains when the exceptions are taken away; an exception that nothing needs any more is itself a problem. */
export function withoutAllowed(problems: readonly Found[], allowed: readonly Allowed[]): Found[] {
  const unneeded = allowed.filter((entry) => !problems.some((problem) => covers(entry, problem)));
  return [
    ...problems.filter((problem) => !allowed.some((entry) => covers(entry, problem))),
    ...unneeded.map(({ rule, file, subject }) => ({
      rule: 'allowed',
      file: 'tools/tidy/allowed.json',
      message: `${[rule, file, subject].filter(Boolean).join(', ')}: no longer needed, take it out`,
    })),
    ...allowed
      .filter(({ why }) => why.trim() === '')
      .map(({ rule, file }) => ({
        rule: 'allowed',
        file: 'tools/tidy/allowed.json',
        message: `${rule}, ${file}: says no reason`,
      })),
  ];
}

function covers(entry: Allowed, problem: Found): boolean {
  return (
    entry.rule === problem.rule &&
    entry.file === problem.file &&
    (entry.subject === undefined || entry.subject === problem.subject)
  );
}
