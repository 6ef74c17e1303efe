import { describe, expect, it } from 'vitest';
import { found } from '../testing/repository.ts';
import { importDirections } from './import-directions.ts';

const manifests = Object.fromEntries(
  ['protocol', 'chat', 'client', 'server', 'testkit'].map((name) => [
    `packages/${name}/package.json`,
    { name: `@skein/${name}`, exports: { '.': './src/index.ts' } },
  ]),
);
const find = (files: Record<string, string>) => found(importDirections, { ...manifests, ...files });

describe('import directions', () => {
  it('let a package import those below it', () => {
    expect(
      find({
        'packages/protocol/src/index.ts': 'export const a = 1;',
        'packages/chat/src/index.ts': "import { a } from '@skein/protocol';",
        'packages/server/src/index.ts': "import { a } from '@skein/protocol'; import { b } from './b.ts';",
        'packages/server/src/b.ts': 'export const b = 1;',
      }),
    ).toEqual([]);
  });

  it('keep a package from importing those above it', () => {
    expect(find({ 'packages/protocol/src/index.ts': "import '@skein/chat';" })[0]).toMatch(
      'packages/protocol/src/index.ts:1 packages/protocol may not import packages/chat',
    );
  });

  it('keep client and server apart, in tests and in types too', () => {
    expect(find({ 'packages/client/src/a.test.ts': "import '@skein/server';" })).toHaveLength(1);
    expect(find({ 'packages/server/src/a.ts': "type C = import('@skein/client').Client;" })).toHaveLength(1);
  });

  it('keep the testkit and testing/ for tests', () => {
    expect(find({ 'packages/chat/src/a.test.ts': "import '@skein/testkit';" })).toEqual([]);
    expect(
      find({ 'packages/chat/src/a.ts': "import './testing/x.ts';", 'packages/chat/src/testing/x.ts': '' })[0],
    ).toMatch('only they may import it');
    expect(find({ 'packages/chat/src/a.ts': "import '@skein/testkit';" })[0]).toMatch('may not import');
  });

  it('keep relative paths inside their package, and names to what is exported', () => {
    const other = { 'packages/protocol/src/ids.ts': '' };
    expect(find({ ...other, 'packages/chat/src/a.ts': "import '../../protocol/src/ids.ts';" })[0]).toMatch(
      'leads out of',
    );
    expect(find({ ...other, 'packages/chat/src/a.ts': "import '@skein/protocol/ids';" })[0]).toMatch(
      'not among the exports',
    );
  });
});
