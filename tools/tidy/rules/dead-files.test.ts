import { describe, expect, it } from 'vitest';
import { found } from '../testing/repository.ts';
import { deadFiles } from './dead-files.ts';

const find = (files: Record<string, string | object>) => found(deadFiles, files);
const chat = { 'packages/chat/package.json': { name: '@skein/chat', exports: { '.': './src/index.ts' } } };

describe('dead files', () => {
  it('are those that nothing leads to', () => {
    expect(find({ ...chat, 'packages/chat/src/index.ts': '', 'packages/chat/src/old.ts': '' })).toEqual([
      'packages/chat/src/old.ts nothing leads to this file: delete it, or import it',
    ]);
  });

  it('are also those that only each other lead to', () => {
    expect(find({ 'a.ts': "import './b.ts';", 'b.ts': "import './a.ts';" })).toHaveLength(2);
  });

  it('are not those that an entry leads to by imports, types, re-exports or by name', () => {
    const texts = [
      "import './old.ts';",
      "export * from './old.ts';",
      "type T = import('./old.ts').T;",
      "await import('./old.ts');",
      "new Worker(new URL('./old.ts', import.meta.url));",
      "spawn('node', ['packages/chat/src/old.ts']);",
    ];
    for (const text of texts) {
      expect(
        find({ ...chat, 'packages/chat/src/index.ts': text, 'packages/chat/src/old.ts': '' }),
        text,
      ).toEqual([]);
    }
  });

  it('are not tests, configurations, commands, and what scripts and pages name', () => {
    expect(
      find({
        'package.json': { name: 'root', scripts: { start: 'node tools/setup.mjs && echo' } },
        'tools/setup.mjs': '',
        'vitest.config.ts': '',
        'src/a.test.ts': '',
        'bin/x.ts': '#!/usr/bin/env node\n',
        'apps/demo/index.html': '<script type="module" src="/src/main.tsx"></script>',
        'apps/demo/src/main.tsx': '',
      }),
    ).toEqual([]);
  });
});
