import { describe, expect, it } from 'vitest';
import { found } from '../testing/repository.ts';
import { size } from './size.ts';

const lines = (count: number) => 'x();\n'.repeat(count);
const find = (text: string, path = 'packages/chat/src/a.ts') => found(size, { [path]: text });

describe('size', () => {
  it('of a file is at most 300 lines, of a list of cases 500', () => {
    expect(find(lines(300))).toEqual([]);
    expect(find(lines(301))[0]).toMatch('has 301 lines');
    expect(find(lines(500), 'packages/chat/src/a.test.ts')).toEqual([]);
    expect(find(lines(501), 'packages/chat/src/a.test.ts')).toHaveLength(1);
  });

  it('of a function is at most 60 lines, whatever its form', () => {
    for (const [head, tail] of [
      ['function f() {\n', '}'],
      ['const f = () => {\n', '};'],
      ['class A { f() {\n', '} }'],
      ['const o = { f() {\n', '} };'],
    ]) {
      expect(find(`${head}${lines(58)}${tail}`)).toEqual([]);
      expect(find(`${head}${lines(59)}${tail}`).join()).toMatch(
        /^packages\/chat\/src\/a.ts:1 (f|a function without a name) has 61 lines/,
      );
    }
  });

  it('of a function in a test is not measured', () => {
    expect(find(`describe('x', () => {\n${lines(70)}});`, 'packages/chat/src/a.test.ts')).toEqual([]);
  });
});
