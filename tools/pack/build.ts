#!/usr/bin/env node
// Run in the folder of a public package: makes in dist/, or in the folder given, what is published of it. `npm pack ./dist` packs it.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
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
const distDir = resolve(process.argv[2] ?? 'dist');
const manifest = readManifest<Manifest>(packageDir);
const { name, version, license, description, peerDependencies } = manifest;

const entries: Entry[] = Object.entries(manifest.exports).map(([path, source]) => ({
  name: path,
  source,
  built: path === '.' ? 'index' : path.slice(2),
}));
const beside = Object.keys(manifest.dependencies ?? {}).filter((dependency) =>
  published.includes(dependency),
);
const external = [...beside, ...Object.keys(peerDependencies ?? {})];

rmSync(distDir, { recursive: true, force: true });
mkdirSync(distDir, { recursive: true });
await bundle(packageDir, distDir, entries, external);
const { types, packages } = writeDeclarations(
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
// What is only named in types is needed as well: without it they would say `any`.
const dependencies = Object.entries(manifest.dependencies ?? {})
  .filter(([dependency]) => beside.includes(dependency) || packages.has(dependency))
  .map(([dependency, its]) => [dependency, `^${its}`]);
const own = {
  name,
  version,
  description,
  license,
  type: 'module',
  sideEffects: false,
  exports: Object.fromEntries(exports),
  dependencies: Object.fromEntries(dependencies),
  peerDependencies,
};
writeFileSync(join(distDir, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
cpSync(join(packageDir, 'README.md'), join(distDir, 'README.md'));
cpSync(join(root, 'LICENSE'), join(distDir, 'LICENSE'));
