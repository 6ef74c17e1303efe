import { describe, expect, it } from 'vitest';
import { found } from '../testing/repository.ts';
import { skippedTests } from './skipped-tests.ts';

const find = (text: string) => found(skippedTests, { 'a.test.ts': text });

describe('skipped tests', () => {
  it.each([
    "it.skip('x', f);",
    "describe.only('x', f);",
    "test.todo('x');",
    "it.skipIf(process.env.X)('x', f);",
    "it.skip.each([1])('x', f);",
    "it.concurrent.skip('x', f);",
  ])('are found: %s', (text) => {
    expect(find(text)).toHaveLength(1);
  });

  it('may need something that prints its absence', () => {
    expect(find("describe.skipIf(without('chromium'))('x', f);")).toEqual([]);
  });

  it('are not tests that run', () => {
    expect(find("it('x', f); it.each([1])('x', f); cursor.skip(3); it.concurrent('x', f);")).toEqual([]);
  });
});
