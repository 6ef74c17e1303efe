import { isTest } from '../repository.ts';
import type { Problem, Rule } from '../rule.ts';

/** More than this and a file is about two things. */
const fileLines = 300;

/** A list of cases is read one by one, and is easier to find things in when it is in one place. */
const testFileLines = 500;

/** More than this and a function cannot be seen at once. Tests are lists of cases, so theirs are not measured. */
const functionLines = 60;

/** Files and functions that grew too long to be read in one go. */
export const size: Rule = {
  name: 'size',
  *find(repository): Iterable<Problem> {
    for (const module of repository.written) {
      const { path, lineCount } = module;
      const most = isTest(path) ? testFileLines : fileLines;
      if (lineCount > most) {
        yield {
          file: path,
          message: `has ${lineCount} lines, more than ${most}: split it by what it is about`,
        };
      }
      if (isTest(path)) continue;
      for (const { name, line, lines } of module.functions) {
        if (lines <= functionLines) continue;
        const message = `${name} has ${lines} lines, more than ${functionLines}: name its parts`;
        yield { file: path, line, subject: name, message };
      }
    }
  },
};
