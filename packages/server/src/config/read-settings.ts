import { readFileSync } from 'node:fs';
import { closest } from './closest.ts';
import { SetupProblem, systemCode } from './problem.ts';
import type { NamedSetting } from './setting.ts';
import { allSettings, type Settings } from './settings.ts';

export interface Sources {
  /** By flag, without the dashes. */
  readonly flags: ReadonlyMap<string, string>;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** A JSON file in the shape of the table: `{ "port": 7080, "limits": { "sendsPer10s": 0 } }`. */
  readonly file?: string | undefined;
  /** What a command has as its default instead of the table's, by path. */
  readonly fallbacks?: Readonly<Record<string, unknown>>;
}

/**
 * The settings: a flag wins over a variable, that over the file, that over the default.
 *
 * @throws {SetupProblem} for a wrong value, an unknown name in the file, a file that cannot be read
 */
export function readSettings(sources: Sources): Settings {
  const inFile = sources.file === undefined ? new Map<string, unknown>() : readFile(sources.file);
  const settings = {};
  for (const named of allSettings) put(settings, named.keys, valueFrom(named, sources, inFile));
  return settings as Settings;
}

/** One line for each variable that looks like a setting and is none: most likely misspelt. */
export function unknownVariables(variables: Sources['variables']): string[] {
  const known = allSettings.map((named) => named.variable);
  return Object.keys(variables)
    .filter((name) => name.startsWith('SKEIN_') && !known.includes(name) && name !== 'SKEIN_CONFIG')
    .map((name) => `${name} is no setting and is ignored${closest(name, known, ': did you mean ')}`);
}

function valueFrom(named: NamedSetting, sources: Sources, inFile: ReadonlyMap<string, unknown>): unknown {
  const { setting } = named;
  const flag = sources.flags.get(named.flag);
  if (flag !== undefined) return parse(setting, flag, `--${named.flag}`);
  const variable = sources.variables[named.variable];
  // A variable set to nothing is how a shell or a compose file unsets one.
  if (variable !== undefined && variable !== '') return parse(setting, variable, named.variable);
  if (inFile.has(named.path))
    return parse(setting, inFile.get(named.path), `${named.path} in ${sources.file}`);
  return sources.fallbacks?.[named.path] ?? setting.fallback;
}

/** @throws {SetupProblem} naming where the value stands and what is expected there */
export function parse<T>(
  setting: NamedSetting['setting'] & { parse: (raw: unknown) => T },
  raw: unknown,
  where: string,
) {
  const value = setting.parse(raw);
  if (value !== undefined) return value;
  const found = setting.secret ? 'has a wrong value' : `is ${JSON.stringify(raw)}`;
  throw new SetupProblem(`${where} ${found}: it expects ${setting.expects}`);
}

function readFile(path: string): Map<string, unknown> {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new SetupProblem(
      `cannot read the configuration file ${path} (${systemCode(error)}): check its path and rights`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    throw new SetupProblem(
      `${path} is not JSON: mind comments, single quotes and commas before a closing bracket`,
    );
  }
  if (!isObject(json)) throw new SetupProblem(`${path} does not hold a JSON object: write { "port": 7080 }`);
  const values = new Map<string, unknown>();
  collect(json, '', path, values);
  return values;
}

function collect(object: object, above: string, file: string, into: Map<string, unknown>): void {
  const paths = allSettings.map((named) => named.path);
  for (const [key, value] of Object.entries(object)) {
    const path = above + key;
    if (paths.includes(path)) into.set(path, value);
    else if (isObject(value) && paths.some((known) => known.startsWith(`${path}.`))) {
      collect(value, `${path}.`, file, into);
    } else {
      throw new SetupProblem(`unknown setting ${path} in ${file}${closest(path, paths, ': did you mean ')}`);
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function put(into: object, keys: readonly string[], value: unknown): void {
  const [key = '', ...rest] = keys;
  const slot = into as Record<string, unknown>;
  if (rest.length === 0) {
    slot[key] = value;
    return;
  }
  slot[key] ??= {};
  put(slot[key] as object, rest, value);
}
