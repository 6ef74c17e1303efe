import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import list from './allowed.json' with { type: 'json' };
import { type Allowed, withoutAllowed } from './allowed.ts';
import { readCheckout } from './checkout.ts';
import { rules } from './rules.ts';

const allowed: readonly Allowed[] = list;
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const repository = readCheckout(root);

describe('this repository', () => {
  it.each(rules)('keeps the rule $name', (rule) => {
    const problems = [...rule.find(repository)].map((problem) => ({ ...problem, rule: rule.name }));
    const exceptions = allowed.filter((entry) => entry.rule === rule.name);
    expect(withoutAllowed(problems, exceptions)).toEqual([]);
  });

  it('has no exceptions to rules that do not exist', () => {
    const names = rules.map((rule) => rule.name);
    expect(allowed.filter((entry) => !names.includes(entry.rule))).toEqual([]);
  });
});
