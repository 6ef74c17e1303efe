import { dirname, join, normalize } from 'node:path/posix';
import { Module } from './module.ts';

/** The fields of a package.json that the rules look at. One without a name only says how a folder is loaded. */
export interface Manifest {
  readonly name: string;
  readonly exports?: string | Record<string, string | Record<string, string>>;
  readonly bin?: string | Record<string, string>;
  readonly scripts?: Record<string, string>;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

export interface Package {
  /** '' for the root. */
  readonly dir: string;
  readonly manifest: Manifest;
}

/** The files of the repository, as the rules see them. Paths are relative to its root, with `/`. */
export class Repository {
  /** The text of each file; undefined for what is not text. */
  readonly files: ReadonlyMap<string, string | undefined>;
  /** All code except declarations, generated code included: ask `isGenerated`. */
  readonly modules: readonly Module[];
  readonly packages: readonly Package[];
  /** The commands that an installed npm package brings. */
  readonly commandsOf: (dependency: string) => readonly string[];

  constructor(
    files: ReadonlyMap<string, string | undefined>,
    commandsOf: (dependency: string) => readonly string[] = () => [],
  ) {
    this.files = files;
    this.commandsOf = commandsOf;
    this.modules = [...files]
      .filter(
        ([path, text]) =>
          text !== undefined && /\.([cm]?[jt]s|[jt]sx)$/.test(path) && !/\.d\.[cm]?ts$/.test(path),
      )
      .map(([path, text]) => new Module(path, text!));
    this.packages = [...files]
      .filter(([path]) => path === 'package.json' || path.endsWith('/package.json'))
      .map(([path, text]) => ({
        dir: path === 'package.json' ? '' : dirname(path),
        manifest: JSON.parse(text!) as Manifest,
      }))
      .filter(({ manifest }) => manifest.name !== undefined);
  }

  /** The code that people write. */
  get written(): Module[] {
    return this.modules.filter((module) => !isGenerated(module.path));
  }

  /** The nearest package around a file. */
  packageOf(path: string): Package {
    const around = this.packages.filter(({ dir }) => dir === '' || path.startsWith(`${dir}/`));
    return around.reduce((nearest, next) => (next.dir.length > nearest.dir.length ? next : nearest));
  }

  /** The file that a specifier names: a relative one, or an entry of a package of this repository. */
  resolve(from: string, specifier: string): string | undefined {
    const bare = specifier.replace(/[?#].*$/, '');
    if (bare.startsWith('.')) {
      const path = normalize(join(dirname(from), bare));
      return this.files.has(path) ? path : undefined;
    }
    const named = this.packages.find(
      ({ manifest }) => bare === manifest.name || bare.startsWith(`${manifest.name}/`),
    );
    if (named === undefined) return undefined;
    const target = entriesOf(named.manifest.exports).get(`.${bare.slice(named.manifest.name.length)}`);
    return target === undefined ? undefined : normalize(join(named.dir, target));
  }
}

/** `{ './x': './src/x.ts' }` as a map; with conditions, the first target of each. */
export function entriesOf(exports: Manifest['exports']): Map<string, string> {
  if (exports === undefined) return new Map();
  if (typeof exports === 'string') return new Map([['.', exports]]);
  return new Map(
    Object.entries(exports).map(([name, target]) => [
      name,
      typeof target === 'string' ? target : Object.values(target)[0]!,
    ]),
  );
}

/** The npm package that a bare specifier names; undefined for a relative path and for what Node brings. */
export function dependencyOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('/') || specifier.includes(':')) return undefined;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

export function isGenerated(path: string): boolean {
  return /(^|\/)gen\//.test(path) || path.endsWith('_pb.js');
}

/** Tests, and what only tests use: `test/`, the testkit, contract suites, folders named `testing`, generators and fixtures. */
export function isTest(path: string): boolean {
  return (
    /\.(test|arbitrary|fixture)\.[jt]sx?$/.test(path) ||
    /^(test|packages\/testkit)\//.test(path) ||
    /\/(testing|contract)[./]/.test(path)
  );
}
