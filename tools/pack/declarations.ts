import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path/posix';
import { parseSync } from 'oxc-parser';

interface Name {
  readonly name: string;
  /** What it is called here. */
  readonly as: string;
  readonly isType: boolean;
}

/** A statement that takes names from another module. */
interface Taking {
  readonly start: number;
  readonly end: number;
  readonly keyword: 'import' | 'export';
  readonly specifier: string;
  readonly names: readonly Name[];
}

export interface Written {
  /** For each entry its declarations, from `distDir`. */
  readonly types: readonly string[];
  /** The installed packages whose types they name. */
  readonly packages: ReadonlySet<string>;
}

/**
 * Writes the types of some entries, and of what they lead to, as `types/<package>/src/....d.ts`. Names that come from a
 * package of the workspace are taken from the very file that declares them, so that of an unpublished package only what
 * is needed goes along.
 *
 * @param entries files, from the repository's root
 */
export function writeDeclarations(root: string, distDir: string, entries: readonly string[]): Written {
  const emitted = mkdtempSync(join(tmpdir(), 'skein-types-'));
  try {
    emit(root, emitted);
    const declarations = new Declarations([emitted, join(root, 'packages')]);
    const paths = entries.map((entry) => declarationOf(relative('packages', entry)));
    const reached = new Set(paths);
    // A set hands on what is added to it while it is walked.
    for (const path of reached) {
      const { text, leadsTo } = declarations.standalone(path);
      const target = join(distDir, 'types', path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
      for (const next of leadsTo) reached.add(next);
    }
    return { types: paths.map((path) => `./types/${path}`), packages: declarations.packages };
  } finally {
    rmSync(emitted, { recursive: true });
  }
}

/** The declarations of all that may be published or be part of it: `client/src/index.d.ts` and so on. */
function emit(root: string, emitted: string): void {
  const settings = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      // Generated code has declarations of its own.
      allowJs: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: join(root, 'packages'),
      outDir: emitted,
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: ['protocol', 'mqtt', 'chat', 'sync', 'client', 'react'].map((name) =>
      join(root, 'packages', name, 'src'),
    ),
    exclude: ['**/*.test.ts', '**/testing/**', '**/node_modules'],
  };
  const file = join(emitted, 'tsconfig.json');
  writeFileSync(file, JSON.stringify(settings));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', file], {
    stdio: 'inherit',
  });
}

class Declarations {
  readonly packages = new Set<string>();
  readonly #dirs: readonly string[];
  /** The packages that are not published: their types go along. */
  readonly #inner = ['protocol', 'mqtt', 'chat', 'sync'];

  /** @param dirs where a file may be, the first place first */
  constructor(dirs: readonly string[]) {
    this.#dirs = dirs;
  }

  /** The text of a file in which every module it names is a file beside it or an installed package. */
  standalone(path: string): { text: string; leadsTo: Set<string> } {
    let text = this.#read(path);
    const leadsTo = new Set<string>();
    // From the end, so that the places before stay where they are.
    for (const taking of takings(path, text).reverse()) {
      const statements = taking.names.flatMap(({ name, as, isType }) => {
        const from = this.#source(path, taking.specifier, name);
        if (from === undefined) return [];
        leadsTo.add(from.path);
        const clause = from.name === as ? as : `${from.name} as ${as}`;
        return `${taking.keyword} { ${isType ? 'type ' : ''}${clause} } from '${specifierOf(path, from.path)}';`;
      });
      if (statements.length === 0) continue;
      text = text.slice(0, taking.start) + statements.join('\n') + text.slice(taking.end);
    }
    return { text, leadsTo };
  }

  /** Undefined: an installed package. */
  #source(
    path: string,
    specifier: string,
    name: string,
  ): (Pick<Name, 'name'> & { path: string }) | undefined {
    if (specifier.startsWith('.')) return { path: declarationOf(join(dirname(path), specifier)), name };
    const inner = this.#inner.find((one) => specifier === `@skein/${one}`);
    if (inner !== undefined) return this.#declaring(`${inner}/src/index.d.ts`, name);
    this.packages.add(specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
    return undefined;
  }

  /** Where a package's index has a name from, followed to the file that declares it. */
  #declaring(path: string, name: string): { path: string; name: string } {
    const { staticExports } = parseSync(path, this.#read(path)).module;
    for (const { exportName, importName, moduleRequest } of staticExports.flatMap(({ entries }) => entries)) {
      if (moduleRequest === null) continue;
      const from = declarationOf(join(dirname(path), moduleRequest.value));
      if (exportName.name === name && importName.kind === 'Name')
        return this.#declaring(from, importName.name!);
      if (exportName.kind === 'None' && this.#declares(from, name)) return { path: from, name };
    }
    return { path, name };
  }

  #declares(path: string, name: string): boolean {
    const { staticExports } = parseSync(path, this.#read(path)).module;
    return staticExports.some(({ entries }) => entries.some(({ exportName }) => exportName.name === name));
  }

  #read(path: string): string {
    const dir = this.#dirs.find((one) => existsSync(join(one, path)));
    if (dir === undefined) throw new Error(`${path} is imported, and there are no types of that name`);
    return readFileSync(join(dir, path), 'utf8');
  }
}

/** In the order of the text. What `export *` takes has no names, and only a package's index has it. */
function takings(path: string, text: string): Taking[] {
  const { module } = parseSync(path, text);
  const imports = module.staticImports.map(({ start, end, moduleRequest, entries }) => ({
    start,
    end,
    keyword: 'import' as const,
    specifier: moduleRequest.value,
    names: entries.map(({ importName, localName, isType }) => ({
      name: importName.name!,
      as: localName.value,
      isType,
    })),
  }));
  const exports = module.staticExports.flatMap(({ start, end, entries }) => {
    const specifier = entries[0]?.moduleRequest?.value;
    const named = entries.filter(({ importName }) => importName.kind === 'Name');
    if (specifier === undefined || named.length === 0) return [];
    const names = named.map(({ importName, exportName, isType }) => ({
      name: importName.name!,
      as: exportName.name!,
      isType,
    }));
    return [{ start, end, keyword: 'export' as const, specifier, names }];
  });
  return [...imports, ...exports].sort((one, other) => one.start - other.start);
}

/** `client/src/index.ts` -> `client/src/index.d.ts` */
function declarationOf(path: string): string {
  return path.replace(/(\.d)?\.tsx?$|\.js$/, '.d.ts');
}

function specifierOf(from: string, to: string): string {
  const path = relative(dirname(from), to).replace(/\.d\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}
