import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const page = join(here, 'dist', 'index.html');

/** What the page is made of; a change of any of these makes the built one stale. */
const sources = [
  'src',
  'index.html',
  'package.json',
  '../../packages/protocol/src',
  '../../packages/mqtt/src',
];

/**
 * The folder of the built page. Builds it first where it is missing or older than its sources, which takes a second or
 * two; throws what Vite says when the build fails.
 */
export async function buildDemo(): Promise<string> {
  const folder = join(here, 'dist');
  if (lastChange(page) > Math.max(...sources.map((source) => lastChange(join(here, source))))) return folder;
  // Only who builds waits for the bundler to load.
  const { build } = await import('vite');
  await build({
    root: here,
    configFile: false,
    logLevel: 'silent',
    base: './',
    build: { outDir: folder, emptyOutDir: true, target: 'es2024', reportCompressedSize: false },
  });
  return folder;
}

/** When a file, or the latest file in a folder, was written; 0 for what is not there. */
function lastChange(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0;
  return Math.max(0, ...readdirSync(path).map((name) => lastChange(join(path, name))));
}

if (import.meta.main) console.log(await buildDemo());
