import { isTest } from '../repository.ts';
import type { Problem, Rule } from '../rule.ts';

/**
 * Who may import whom, by folder; the picture is in ARCHITECTURE.md. A folder that is not listed may be imported by
 * nobody and import nothing of ours, so that a new one is placed here on purpose.
 */
const mayImport: Record<string, readonly string[]> = {
  'packages/protocol': [],
  'packages/mqtt': [],
  'packages/chat': ['packages/protocol'],
  'packages/sync': ['packages/protocol', 'packages/chat'],
  'packages/client': ['packages/protocol', 'packages/chat', 'packages/sync', 'packages/mqtt'],
  'packages/react': ['packages/protocol', 'packages/chat', 'packages/sync', 'packages/client'],
  'packages/server': ['packages/protocol', 'packages/chat', 'packages/mqtt'],
  'packages/testkit': ['packages/protocol', 'packages/chat', 'packages/sync', 'packages/mqtt'],
  'apps/*': ['packages/protocol', 'packages/client', 'packages/react'],
  'examples/*': ['packages/protocol', 'packages/mqtt', 'packages/client', 'packages/react'],
  bench: [
    'packages/protocol',
    'packages/chat',
    'packages/sync',
    'packages/mqtt',
    'packages/client',
    'packages/server',
  ],
  test: [
    'packages/protocol',
    'packages/chat',
    'packages/sync',
    'packages/mqtt',
    'packages/client',
    'packages/react',
    'packages/server',
    'packages/testkit',
  ],
  tools: [],
};

export const importDirections: Rule = {
  name: 'import-directions',
  *find(repository): Iterable<Problem> {
    for (const module of repository.written) {
      const from = repository.packageOf(module.path);
      for (const { specifier, line } of module.imports) {
        const target = repository.resolve(module.path, specifier);
        const at = { file: module.path, line };
        const toName = repository.packages.find(
          ({ manifest }) => specifier === manifest.name || specifier.startsWith(`${manifest.name}/`),
        );
        if (toName && target === undefined) {
          yield { ...at, message: `${specifier} is not among the exports of ${toName.dir}/package.json` };
        }
        if (specifier.startsWith('.') && leaves(from.dir, target)) {
          yield { ...at, message: `${specifier} leads out of ${from.dir}: import the package by its name` };
        }
        const to = target === undefined ? toName : repository.packageOf(target);
        if (to === undefined) continue;
        if (to !== from && !isAllowed(from.dir, to.dir, isTest(module.path))) {
          yield {
            ...at,
            message: `${from.dir} may not import ${to.dir} (tools/tidy/rules/import-directions.ts)`,
          };
        }
        if (target !== undefined && isTest(target) && !isTest(module.path)) {
          yield { ...at, message: `${target} is there for tests, and only they may import it` };
        }
      }
    }
  },
};

function leaves(dir: string, target: string | undefined): boolean {
  return target !== undefined && dir !== '' && !target.startsWith(`${dir}/`);
}

function isAllowed(from: string, to: string, fromTest: boolean): boolean {
  if (fromTest && to === 'packages/testkit') return true;
  const allowed = mayImport[from] ?? mayImport[from.replace(/\/[^/]+$/, '/*')];
  return allowed?.includes(to) ?? false;
}
