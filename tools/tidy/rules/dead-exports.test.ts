import { describe, expect, it } from 'vitest';
import { found } from '../testing/repository.ts';
import { deadExports } from './dead-exports.ts';

const find = (files: Record<string, string | object>) => found(deadExports, files);

describe('dead exports', () => {
  it('are those that nobody imports, types and defaults too', () => {
    const problems = find({ 'a.ts': 'export const x = 1;\nexport type T = 2;\nexport default 3;' });
    expect(problems.map((problem) => problem.split(' ').slice(0, 2).join(' '))).toEqual([
      'a.ts:1 x',
      'a.ts:2 T',
      'a.ts:3 default',
    ]);
  });

  it('are not those that somebody imports, by name or as a whole', () => {
    const a = { 'a.ts': 'export const x = 1;' };
    for (const text of [
      "import { x as y } from './a.ts';",
      "import * as a from './a.ts';",
      "export { x } from './a.ts';",
      "await import('./a.ts');",
      "type X = typeof import('./a.ts').x;",
    ]) {
      expect(
        find({ ...a, 'a.test.ts': text }).filter((problem) => problem.startsWith('a.ts')),
        text,
      ).toEqual([]);
    }
  });

  it('are not types that their own module uses', () => {
    expect(find({ 'a.ts': 'export interface A {}', 'b.ts': "import './a.ts';" })).toHaveLength(1);
    const used = 'export interface A {} export function f(): A { return {}; }';
    expect(find({ 'a.ts': used, 'b.ts': "import { f } from './a.ts';" })).toEqual([]);
  });

  it('are not those of an entry of a package, nor of a configuration', () => {
    expect(
      find({
        'packages/chat/package.json': { name: '@skein/chat', exports: './src/index.ts' },
        'packages/chat/src/index.ts': 'export const x = 1;',
        'vitest.config.ts': 'export default {};',
      }),
    ).toEqual([]);
  });
});
