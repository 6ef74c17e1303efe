import type { Module } from '../module.ts';
import type { Repository } from '../repository.ts';
import type { Problem, Rule } from '../rule.ts';

/** Where the rules of chat are listed: one row each, `| number | shown or later | what it says |`. */
const list = 'docs/rules.md';

/** A rule's number: its family's letter and a number, standing alone. */
const number = /(?<![\w-])[OSIQRNUDAL]\d+(?!\w)/g;

/** Code and tests cite rules that exist, and a rule is marked as shown exactly when a test cites it. */
export const citations: Rule = {
  name: 'citations',
  *find(repository): Iterable<Problem> {
    const rows = listedRules(repository);
    const shownBy = new Map<string, string>();
    for (const module of repository.written) {
      const names = testNames(module);
      for (const { value } of names)
        for (const [cited] of value.matchAll(number)) shownBy.set(cited, module.path);
      for (const { value, line } of [...names, ...module.comments]) {
        for (const [cited] of value.matchAll(number)) {
          if (rows.has(cited)) continue;
          yield { file: module.path, line, message: `there is no rule ${cited} in ${list}` };
        }
      }
    }
    for (const [cited, { state, line }] of rows) {
      if (state !== 'shown' && state !== 'later') {
        yield {
          file: list,
          line,
          message: `${cited} is '${state}': a rule is shown (a test cites it) or later`,
        };
      }
      if (state === 'shown' && !shownBy.has(cited)) {
        yield { file: list, line, message: `${cited} is marked as shown and no test's name cites it` };
      }
      const test = shownBy.get(cited);
      if (state === 'later' && test !== undefined) {
        yield { file: list, line, message: `${cited} is marked as later and a test in ${test} cites it` };
      }
    }
  },
};

/** The rows of the list by their numbers. */
function listedRules(repository: Repository): Map<string, { state: string; line: number }> {
  const rows = new Map<string, { state: string; line: number }>();
  for (const [index, text] of (repository.files.get(list) ?? '').split('\n').entries()) {
    const cells = text.split('|').map((cell) => cell.trim());
    if (cells[1]?.match(new RegExp(`^${number.source}$`)))
      rows.set(cells[1], { state: cells[2] ?? '', line: index + 1 });
  }
  return rows;
}

function testNames(module: Module) {
  return module.calls
    .filter(({ path, firstText }) => firstText !== undefined && /^(describe|it|test)$/.test(path[0] ?? ''))
    .map(({ firstText, line }) => ({ value: firstText!, line }));
}
