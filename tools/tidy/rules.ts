import type { Found } from './allowed.ts';
import type { Repository } from './repository.ts';
import type { Rule } from './rule.ts';
import { citations } from './rules/citations.ts';
import { deadExports } from './rules/dead-exports.ts';
import { deadFiles } from './rules/dead-files.ts';
import { dependencies } from './rules/dependencies.ts';
import { importDirections } from './rules/import-directions.ts';
import { purePackages } from './rules/pure-packages.ts';
import { references } from './rules/references.ts';
import { size } from './rules/size.ts';
import { skippedTests } from './rules/skipped-tests.ts';
import { workplaceWords } from './rules/workplace-words.ts';

export const rules: readonly Rule[] = [
  importDirections,
  purePackages,
  deadFiles,
  deadExports,
  dependencies,
  size,
  citations,
  references,
  skippedTests,
  workplaceWords,
];

export function findAll(repository: Repository): Found[] {
  return rules.flatMap((rule) =>
    [...rule.find(repository)].map((problem) => ({ ...problem, rule: rule.name })),
  );
}
