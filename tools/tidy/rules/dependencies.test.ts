import { describe, expect, it } from 'vitest';
import { found, foundIn, repositoryWith } from '../testing/repository.ts';
import { dependencies } from './dependencies.ts';

const find = (manifest: object, path: string, text: string) =>
  found(dependencies, {
    'packages/server/package.json': { name: '@skein/server', ...manifest },
    [path]: text,
  });

describe('dependencies', () => {
  it('are declared where they are imported', () => {
    expect(find({}, 'packages/server/src/a.ts', "import 'ws';")).toEqual([
      'packages/server/src/a.ts:1 ws is not among the dependencies of packages/server/package.json',
    ]);
    expect(find({ dependencies: { ws: '8' } }, 'packages/server/src/a.ts', "import 'ws/lib/x';")).toEqual([]);
  });

  it('of tests do not serve the source', () => {
    const manifest = { devDependencies: { '@scope/x': '1' } };
    for (const test of ['a.test.ts', 'a.arbitrary.ts', 'testing/a.ts']) {
      expect(find(manifest, `packages/server/src/${test}`, "import '@scope/x/y';"), test).toEqual([]);
    }
    expect(find(manifest, 'packages/server/src/a.ts', "import '@scope/x/y';")).toHaveLength(1);
  });

  it('are used, or they go', () => {
    expect(find({ dependencies: { ws: '8' } }, 'packages/server/src/a.ts', '')).toEqual([
      'packages/server/package.json ws is declared and imported nowhere in the package',
    ]);
    expect(
      find(
        { dependencies: { ws: '8' }, devDependencies: { '@types/ws': '8' } },
        'packages/server/src/a.ts',
        "import 'ws';",
      ),
    ).toEqual([]);
  });

  it('are used when a script runs their command', () => {
    const manifest = { name: 'root', devDependencies: { typescript: '7' } };
    const commandsOf = () => ['tsc'];
    const run = { 'package.json': { ...manifest, scripts: { check: 'tsc -p .' } } };
    expect(foundIn(dependencies, repositoryWith(run, commandsOf))).toEqual([]);
    expect(foundIn(dependencies, repositoryWith({ 'package.json': manifest }, commandsOf))).toHaveLength(1);
  });
});
