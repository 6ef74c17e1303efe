// npm run tidy: the repository's rules. Prints what breaks them, one line each; exit code 1 when anything does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Allowed, withoutAllowed } from './allowed.ts';
import { readCheckout } from './checkout.ts';
import { findAll } from './rules.ts';

const root = process.cwd();
const allowed = JSON.parse(readFileSync(join(root, 'tools/tidy/allowed.json'), 'utf8')) as Allowed[];
const repository = readCheckout(root);
const problems = withoutAllowed(findAll(repository), allowed);

for (const { rule, file, line, message } of problems)
  console.log(`${file}${line ? `:${line}` : ''}  ${message}  [${rule}]`);
console.log(
  `tidy: ${problems.length} problem(s) in ${repository.files.size} files, ${allowed.length} exception(s) allowed`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
