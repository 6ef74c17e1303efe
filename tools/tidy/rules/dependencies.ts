import { dependencyOf, isTest, type Package, type Repository } from '../repository.ts';
import type { Problem, Rule } from '../rule.ts';

/** Each package declares what it imports, as what it is (for running or for tests), and nothing else. */
export const dependencies: Rule = {
  name: 'dependencies',
  *find(repository): Iterable<Problem> {
    const root = repository.packages.find(({ dir }) => dir === '')!;
    for (const pack of repository.packages) {
      yield* undeclared(repository, pack, root);
      yield* unused(repository, pack);
    }
  },
};

function* undeclared(repository: Repository, pack: Package, root: Package): Iterable<Problem> {
  const { manifest } = pack;
  const forRunning = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
  // What only works on the repository (test runner, types) is declared once, at the root.
  const forTests = new Set([
    ...forRunning,
    ...Object.keys({ ...manifest.devDependencies, ...root.manifest.devDependencies }),
  ]);
  for (const module of repository.written) {
    if (repository.packageOf(module.path) !== pack) continue;
    const ships = !isTest(module.path) && !/^(bench|test|tools)\//.test(module.path) && pack !== root;
    for (const { specifier, line } of module.imports) {
      const name = dependencyOf(specifier);
      if (name === undefined || name === manifest.name || (ships ? forRunning : forTests).has(name)) continue;
      const where = ships ? 'dependencies' : 'devDependencies';
      yield {
        file: module.path,
        line,
        subject: name,
        message: `${name} is not among the ${where} of ${fileOf(pack)}`,
      };
    }
  }
}

function* unused(repository: Repository, pack: Package): Iterable<Problem> {
  const { manifest } = pack;
  const imported = new Set(
    repository.modules
      // What the root declares is for all.
      .filter((module) => pack.dir === '' || repository.packageOf(module.path) === pack)
      .flatMap((module) => module.imports.map(({ specifier }) => dependencyOf(specifier))),
  );
  const declared = Object.keys({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.peerDependencies,
  });
  for (const name of declared) {
    const typed = name.replace(/^@types\//, '');
    if (imported.has(name) || imported.has(typed) || typed === 'node' || isRun(repository, pack, name))
      continue;
    yield {
      file: fileOf(pack),
      subject: name,
      message: `${name} is declared and imported nowhere in the package`,
    };
  }
}

/** A dependency may be there for its commands, which scripts and other tools' settings name. */
function isRun(repository: Repository, pack: Package, name: string): boolean {
  const settings = [...repository.files]
    .filter(([path]) => /(^|\/)[\w.]+\.ya?ml$/.test(path))
    .map(([, text]) => text);
  const text = [...Object.values(pack.manifest.scripts ?? {}), ...settings].join('\n');
  const words = new Set(text.split(/[\s'"]+/));
  return repository.commandsOf(name).some((command) => words.has(command));
}

function fileOf({ dir }: Package): string {
  return dir === '' ? 'package.json' : `${dir}/package.json`;
}
