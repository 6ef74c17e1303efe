import { join, normalize } from 'node:path/posix';
import type { Module } from '../module.ts';
import { entriesOf, type Package, type Repository } from '../repository.ts';
import type { Problem, Rule } from '../rule.ts';

/** Code that nothing leads to: not an import, not a package's entry, not a page, not a command. */
export const deadFiles: Rule = {
  name: 'dead-files',
  *find(repository): Iterable<Problem> {
    const byPath = new Map(repository.modules.map((module) => [module.path, module]));
    const reached = new Set(entryPaths(repository).filter((path) => byPath.has(path)));
    // A set hands on what is added to it while it is walked.
    for (const path of reached) {
      for (const next of leadsTo(repository, byPath.get(path)!)) if (byPath.has(next)) reached.add(next);
    }
    for (const { path } of repository.written) {
      if (!reached.has(path))
        yield { file: path, message: 'nothing leads to this file: delete it, or import it' };
    }
  },
};

function entryPaths(repository: Repository): string[] {
  const targets = repository.packages.flatMap(({ dir, manifest }) => {
    const bin = typeof manifest.bin === 'string' ? [manifest.bin] : Object.values(manifest.bin ?? {});
    return [...entriesOf(manifest.exports).values(), ...bin].map((target) => normalize(join(dir, target)));
  });
  const known = repository.modules
    .filter(
      ({ path, text }) => /\.test\.tsx?$|(^|\/)[\w.-]+\.config\.ts$/.test(path) || text.startsWith('#!'),
    )
    .map(({ path }) => path);
  return [
    ...targets,
    ...known,
    ...repository.packages.flatMap((pack) => scriptTargets(repository, pack)),
    ...pageTargets(repository),
  ];
}

/** The files that a package's scripts run. */
function scriptTargets(repository: Repository, { dir, manifest }: Package): string[] {
  return Object.values(manifest.scripts ?? {})
    .flatMap((script) => script.split(/\s+/))
    .map((word) => normalize(join(dir, word)))
    .filter((path) => repository.files.has(path));
}

/** The modules that pages load. An address that begins with `/` is counted from the page's folder. */
function pageTargets(repository: Repository): string[] {
  return [...repository.files].flatMap(([path, text]) => {
    if (!path.endsWith('.html') || text === undefined) return [];
    const dir = path.split('/').slice(0, -1).join('/');
    return [...text.matchAll(/(?:src=|from |import )["']([^"']+)["']/g)].map((match) =>
      normalize(join(dir, match[1]!)),
    );
  });
}

/**
 * Imports, and paths in strings: a worker or a child process is named by its file, relative to the module
 * (`new URL('./writer.ts', import.meta.url)`) or to the root.
 */
function leadsTo(repository: Repository, module: Module): string[] {
  const specifiers = module.imports.map((each) => each.specifier);
  const paths = module.strings
    .map((each) => each.value)
    .filter((value) => /^[\w./-]+\.([cm]?[jt]s|tsx)$/.test(value));
  const relative = [...specifiers, ...paths].map((value) => repository.resolve(module.path, value));
  return [...relative, ...paths].filter((path) => path !== undefined);
}
