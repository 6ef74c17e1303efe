#!/usr/bin/env node
// Run in the folder of a public package: makes in dist/ what is published of it, so that `npm pack ./dist` packs it.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { writeDeclarations } from './declarations.ts';
import { bundle, bundleForPages, type Entry, readManifest } from './javascript.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly description: string;
  readonly exports: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

/** What is on a registry; the rest of the workspace goes into these. */
const published = ['@skein/client', '@skein/react'];

const root = fileURLToPath(new URL('../../', import.meta.url));
const packageDir = process.cwd();
const distDir = join(packageDir, 'dist');
const manifest = readManifest<Manifest>(packageDir);
const { name, version, license, description, peerDependencies } = manifest;

const entries: Entry[] = Object.entries(manifest.exports).map(([path, source]) => ({
  name: path,
  source,
  built: path === '.' ? 'index' : path.slice(2),
}));
const dependencies = Object.fromEntries(
  Object.entries(manifest.dependencies ?? {})
    .filter(([dependency]) => published.includes(dependency))
    .map(([dependency, its]) => [dependency, `^${its}`]),
);
const external = Object.keys({ ...dependencies, ...peerDependencies });

rmSync(distDir, { recursive: true, force: true });
mkdirSync(distDir);
await bundle(packageDir, distDir, entries, external);
const types = writeDeclarations(
  root,
  distDir,
  entries.map(({ source }) => join(relative(root, packageDir), source)),
);
const exports = entries.map((entry, i) => [entry.name, { types: types[i], default: `./${entry.built}.js` }]);
// A page without a bundler can load what needs nothing beside it.
if (external.length === 0) {
  await bundleForPages(packageDir, join(distDir, 'browser.js'), entries[0]!);
  exports.push(['./browser.js', { types: types[0], default: './browser.js' }]);
}
const own = {
  name,
  version,
  description,
  license,
  type: 'module',
  sideEffects: false,
  exports: Object.fromEntries(exports),
  dependencies,
  peerDependencies,
};
writeFileSync(join(distDir, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
cpSync(join(packageDir, 'README.md'), join(distDir, 'README.md'));
cpSync(join(root, 'LICENSE'), join(distDir, 'LICENSE'));
