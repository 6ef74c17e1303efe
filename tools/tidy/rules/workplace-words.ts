import type { Problem, Rule } from '../rule.ts';

/** The repository speaks of the project, not of the machine, the tools and the hands that wrote it. */
const words: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w.:/-])\/(?:work|home|root|Users)\/[\w.-]/, 'a path of one machine'],
  [/\bco-authored-by\b/i, 'who wrote it: the history of the repository says that'],
  [/\b(?:language model|chat ?gpt|claude|copilot|prompt engineering)\b/i, 'a tool of the workplace'],
  [/\bas (?:requested|instructed) by\b|\bthe (?:integrator|brief)\b/i, 'a talk between those who wrote it'],
];

/** This rule and its test have to write them. */
const own = /^tools\/tidy\/rules\/workplace-words(\.test)?\.ts$/;

export const workplaceWords: Rule = {
  name: 'workplace-words',
  *find(repository): Iterable<Problem> {
    for (const [file, text] of repository.files) {
      if (text === undefined || own.test(file) || file.endsWith('package-lock.json')) continue;
      for (const [index, line] of text.split('\n').entries()) {
        for (const [word, what] of words) {
          const match = line.match(word);
          if (match) yield { file, line: index + 1, message: `'${match[0]}' is ${what}` };
        }
      }
    }
  },
};
