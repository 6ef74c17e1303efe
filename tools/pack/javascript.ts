import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** One entry of a package, for which a file is made. */
export interface Entry {
  /** As in `exports`: `.` or `./node`. */
  readonly name: string;
  /** The file that is run today, from the package's folder. */
  readonly source: string;
  /** What it is called when it is built, without an extension. */
  readonly built: string;
}

/**
 * Writes each entry as one ES module, with what they share in modules beside it. The workspace's own packages are put in,
 * since they are not published; what the package's users install stays an import.
 *
 * @param external what is installed beside the package
 */
export async function bundle(
  packageDir: string,
  distDir: string,
  entries: readonly Entry[],
  external: readonly string[],
): Promise<void> {
  const isExternal = (id: string) => id.startsWith('node:') || external.some((name) => isOf(name, id));
  const build = await rolldown({
    input: Object.fromEntries(entries.map(({ built, source }) => [built, join(packageDir, source)])),
    external: isExternal,
    platform: 'neutral',
  });
  await build.write({
    dir: distDir,
    format: 'esm',
    chunkFileNames: 'shared.js',
    sourcemap: false,
  });
  await build.close();
}

/** Writes the main entry as one minified module that a page can load as it is. */
export async function bundleForPages(packageDir: string, file: string, { source }: Entry): Promise<void> {
  const build = await rolldown({ input: join(packageDir, source), platform: 'browser' });
  await build.write({ file, format: 'esm', minify: true });
  await build.close();
}

function isOf(name: string, id: string): boolean {
  return id === name || id.startsWith(`${name}/`);
}

export function readManifest<Manifest>(packageDir: string): Manifest {
  return JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as Manifest;
}
