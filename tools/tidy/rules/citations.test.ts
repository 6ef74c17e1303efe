import { describe, expect, it } from 'vitest';
import { found } from '../testing/repository.ts';
import { citations } from './citations.ts';

const list = (...rows: string[]) => ({
  'docs/rules.md': ['| rule | state | what |', '| --- | --- | --- |', ...rows].join('\n'),
});
const find = (rows: string[], files: Record<string, string>) =>
  found(citations, { ...list(...rows), ...files });

// The numbers in these texts are put together, so that they are not citations themselves.
const [o1, o99] = ['O', 'O'].map((family, index) => `${family}${[1, 99][index]}`);

describe('citations', () => {
  it('name rules that exist, in comments and in the names of tests', () => {
    expect(find([`| ${o1} | later | x |`], { 'a.ts': `// ${o1}: see\n/** (${o99}) */` })).toEqual([
      `a.ts:2 there is no rule ${o99} in docs/rules.md`,
    ]);
    expect(find([], { 'a.test.ts': `it.each([1])('${o99} holds', f);` })).toHaveLength(1);
  });

  it('are not looked for in code and in longer words', () => {
    expect(find([], { 'a.ts': `const ${o99} = 1; // HS256, x${o99}, ${o99}x, MQTT-${o99}` })).toEqual([]);
  });

  it('show a rule when a test makes them', () => {
    const row = [`| ${o1} | shown | x |`];
    expect(find(row, { 'a.ts': `// ${o1}` })).toEqual([
      `docs/rules.md:3 ${o1} is marked as shown and no test's name cites it`,
    ]);
    expect(find(row, { 'a.test.ts': `describe('order', () => it(\`${o1} holds \${x}\`, f));` })).toEqual([]);
  });

  it('are not made by tests for a rule that is marked as later', () => {
    const row = [`| ${o1} | later | x |`];
    expect(find(row, { 'a.test.ts': `it('${o1} holds', f);` })).toEqual([
      `docs/rules.md:3 ${o1} is marked as later and a test in a.test.ts cites it`,
    ]);
    expect(find(row, { 'a.ts': `// ${o1} is to come` })).toEqual([]);
  });

  it('name a rule that exists, whatever its family and however long its number', () => {
    for (const family of 'OSIQRNUDAL') {
      for (const number of [99, 100]) {
        expect(find([], { 'a.test.ts': `it('${family}${number} holds', f);` })).toEqual([
          `a.test.ts:1 there is no rule ${family}${number} in docs/rules.md`,
        ]);
      }
    }
  });

  it('are owed by rules that are shown, not by those for later', () => {
    expect(find([`| ${o1} | later | x |`], {})).toEqual([]);
    expect(find([`| ${o1} | soon | x |`], {})).toHaveLength(1);
  });
});
