import { join, normalize } from 'node:path/posix';
import { entriesOf, isGenerated, type Repository } from '../repository.ts';
import type { Problem, Rule } from '../rule.ts';

/**
 * What is exported and imported nowhere. What a package's entry exports is for its users and is not judged, nor is a
 * type that its own module uses: callers meet it in what the module exports, and may need its name.
 */
export const deadExports: Rule = {
  name: 'dead-exports',
  *find(repository): Iterable<Problem> {
    const used = usedNames(repository);
    const entries = entryFiles(repository);
    for (const module of repository.written) {
      if (entries.has(module.path) || /\.config\.ts$/.test(module.path)) continue;
      const names = used.get(module.path);
      if (names === 'all') continue;
      for (const { name, isType, line } of module.exports) {
        if (names?.has(name) || (isType && module.mentions(name) > 1)) continue;
        const message = `${name} is imported nowhere: drop the export, or delete it when nothing here uses it either`;
        yield { file: module.path, line, subject: name, message };
      }
    }
  },
};

function entryFiles(repository: Repository): Set<string> {
  return new Set(
    repository.packages.flatMap(({ dir, manifest }) =>
      [...entriesOf(manifest.exports).values()].map((target) => normalize(join(dir, target))),
    ),
  );
}

function usedNames(repository: Repository): Map<string, Set<string> | 'all'> {
  const used = new Map<string, Set<string> | 'all'>();
  for (const module of repository.modules) {
    if (isGenerated(module.path)) continue;
    for (const { specifier, names } of module.imports) {
      const target = repository.resolve(module.path, specifier);
      if (target === undefined) continue;
      const before = used.get(target) ?? new Set<string>();
      if (names === 'all' || before === 'all') used.set(target, 'all');
      else used.set(target, new Set([...before, ...names]));
    }
  }
  return used;
}
