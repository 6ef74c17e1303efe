import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { startSkein } from '@skein/testkit';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** What is published, as a stranger gets it: packed, and installed into an empty project. */

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const packages = ['client', 'react'] as const;
/** Folders of this test's own, since others use dist/ meanwhile. */
const distOf = (name: string) => join(project, 'built', name);

let project: string;
let tarballs: Record<string, string>;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'skein-project-'));
  const packed = [];
  for (const name of packages) {
    const build = join(root, 'tools/pack/build.ts');
    await run(process.execPath, [build, distOf(name)], { cwd: join(root, 'packages', name) });
    const { stdout } = await run('npm', ['pack', distOf(name), '--json', '--pack-destination', project]);
    packed.push([name, join(project, (JSON.parse(stdout) as [{ filename: string }])[0].filename)]);
  }
  tarballs = Object.fromEntries(packed);
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  const { devDependencies } = JSON.parse(await readFile(join(root, 'packages/react/package.json'), 'utf8'));
  const others = ['react', '@types/react'].map((name) => `${name}@${devDependencies[name]}`);
  const flags = ['--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, ...Object.values(tarballs), ...others], { cwd: project });
}, 180_000);

afterAll(() => rm(project, { recursive: true, force: true }));

describe.each(packages)('@skein/%s', (name) => {
  test('has nothing that publint minds', async () => {
    const { messages, pkg } = await publint({ pkgDir: distOf(name), strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg!))).toEqual([]);
  });

  test('has types that are right wherever ES modules are', async () => {
    const pack = createPackageFromTarballData(await readFile(tarballs[name]!));
    const result = await checkPackage(pack);
    // The packages are ES modules alone; what resolves like Node 10 or through require() is not for them.
    const isForUs = (problem: object) =>
      !('resolutionKind' in problem) || !['node10', 'node16-cjs'].includes(problem.resolutionKind as string);
    expect('problems' in result && result.problems.filter(isForUs)).toEqual([]);
  });

  test('has the API that was agreed on', async () => {
    // After a change that is meant: npx vitest run tools/pack -u
    const files = globSync('types/**/*.d.ts', { cwd: distOf(name), exclude: ['types/protocol/src/gen/**'] });
    const api = files.sort().map((file) => `// ${file}\n${withoutComments(join(distOf(name), file))}`);
    await expect(api.join('\n')).toMatchFileSnapshot(`./api/${name}.txt`);
  });
});

test('in plain Node a message is sent over TCP and kept in a file', async () => {
  await using server = await startSkein();
  const script = `
    import { createSkein } from '@skein/client';
    import { FileStorage, tcpLine } from '@skein/client/node';
    const skein = createSkein({
      url: '${server.url}',
      token: () => '${server.token('1001')}',
      storage: (user) => new FileStorage(user + '.jsonl'),
      line: tcpLine({ port: ${server.mqttPort} }),
    });
    const { seq } = await skein.conversation({ person: '1002' }).send('hello');
    console.log(seq);
    skein.close();`;
  await writeFile(join(project, 'send.js'), script);
  const { stdout } = await run(process.execPath, ['send.js'], { cwd: project });
  expect(stdout).toBe('1\n');
  expect(readFileSync(join(project, '1001.jsonl'), 'utf8')).not.toBe('');
});

const app = `
  import { createSkein, type ConversationView } from '@skein/client';
  import { SkeinProvider, useConversation } from '@skein/react';
  import { createElement } from 'react';
  const skein = createSkein({ url: 'http://127.0.0.1:7080', token: () => 'a token' });
  function Chat() {
    const view: ConversationView = useConversation({ service: 'PRESALE' }).view;
    return createElement('p', null, view.entries.length);
  }
  export const page = createElement(SkeinProvider, { client: skein }, createElement(Chat));
  // @ts-expect-error: a team has a name of the list, or a number
  skein.conversation({ service: 'SALES' });
`;

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('types hold with module %s and resolution %s, libraries checked as well', async (module, resolution) => {
  await writeFile(join(project, 'app.ts'), app);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const flags = ['--strict', '--noEmit', '--skipLibCheck', 'false', '--target', 'es2024', '--types', ''];
  const args = [...flags, '--module', module, '--moduleResolution', resolution, 'app.ts'];
  const { stdout } = await run(process.execPath, [tsc, ...args], { cwd: project }).catch((error) => error);
  expect(stdout).toBe('');
});

test('Vite builds a page with it', async () => {
  await writeFile(join(project, 'app.ts'), app);
  await writeFile(join(project, 'index.html'), '<script type="module" src="./app.ts"></script>');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { stderr } = await run(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: project });
  expect(stderr).toBe('');
  const [script] = globSync('dist/assets/*.js', { cwd: project });
  expect(await readFile(join(project, script!), 'utf8')).toContain('MISUSE');
});

function withoutComments(path: string): string {
  return readFileSync(path, 'utf8').replace(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, '');
}
