import { isUserId, type UserId } from '@skein/protocol';

/** One thing that can be set: by a flag, and where it is a setting of the installation also by variable and file. */
export interface Setting<T> {
  /** Undefined: the text or JSON value is not one of this setting. */
  readonly parse: (raw: unknown) => T | undefined;
  /** What `parse` takes, as it ends the sentence "... expects". */
  readonly expects: string;
  /** How a value stands in a help line: `N`, `DIR`. Undefined: a flag that needs no value. */
  readonly placeholder: string | undefined;
  readonly fallback: T;
  /** What it is for and why its default is what it is: a line or two. */
  readonly help: string;
  /** Its name on the command line and in files, when that is not its key. */
  readonly name?: string;
  /** Holds a password or secret: never printed, and no flag, which every user of the machine could read. */
  readonly secret?: boolean;
}

/** A table of settings; tables may be nested. */
export interface Table {
  readonly [key: string]: Setting<unknown> | Table;
}

/** The values of a table's settings, in its shape. */
export type Values<T extends Table> = {
  readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : T[K] extends Table ? Values<T[K]> : never;
};

/** A setting and the names it has: path `limits.sendsPer10s`, flag `limits-sends-per-10s`. */
export interface NamedSetting {
  readonly keys: readonly string[];
  readonly path: string;
  readonly flag: string;
  readonly variable: string;
  readonly setting: Setting<unknown>;
}

export function namedSettings(table: Table, above: readonly string[] = []): NamedSetting[] {
  return Object.entries(table).flatMap(([key, node]) => {
    const keys = [...above, key];
    if (!isSetting(node)) return namedSettings(node, keys);
    const path = [...above, node.name ?? key].join('.');
    const words = path
      .replace(/([a-z])(?=[A-Z0-9])/g, '$1-')
      .replaceAll('.', '-')
      .toLowerCase();
    return [
      {
        keys,
        path,
        flag: words,
        variable: `SKEIN_${words.replaceAll('-', '_').toUpperCase()}`,
        setting: node,
      },
    ];
  });
}

function isSetting(node: Setting<unknown> | Table): node is Setting<unknown> {
  return typeof node.parse === 'function';
}

type About<T> = Pick<Setting<T>, 'fallback' | 'help' | 'name'>;

/** A whole number between two bounds. */
export function whole<T extends number | undefined>(
  min: number,
  max: number,
  about: About<T>,
): Setting<T | number> {
  return {
    ...about,
    placeholder: 'N',
    expects: `a whole number from ${min} to ${max}`,
    parse: (raw) => {
      const number = typeof raw === 'string' && /^\d{1,16}$/.test(raw) ? Number(raw) : raw;
      const fits =
        typeof number === 'number' && Number.isSafeInteger(number) && number >= min && number <= max;
      return fits ? number : undefined;
    },
  };
}

/** Any text but the empty one. */
export function text<T extends string | undefined>(
  placeholder: string,
  about: About<T> & { readonly secret?: boolean },
): Setting<T | string> {
  return {
    ...about,
    placeholder,
    expects: 'a text',
    parse: (raw) => (typeof raw === 'string' && raw !== '' ? raw : undefined),
  };
}

/** One of a few words. */
export function choice<T extends string>(words: readonly T[], about: NoInfer<About<T>>): Setting<T> {
  return {
    placeholder: words.join('|'),
    expects: words.join(' or '),
    ...about,
    parse: (raw) => words.find((word) => word === raw),
  };
}

/** On or off: as a flag it needs no value. */
export function toggle(about: About<boolean>): Setting<boolean> {
  const words = new Map<unknown, boolean>([
    [true, true],
    ['true', true],
    ['1', true],
    ['', true],
    [false, false],
    ['false', false],
    ['0', false],
  ]);
  return { ...about, placeholder: undefined, expects: 'true or false', parse: (raw) => words.get(raw) };
}

/** Web origins: a list in a file, separated by commas elsewhere. */
export function origins(about: About<readonly string[]>): Setting<readonly string[]> {
  return {
    ...about,
    placeholder: 'ORIGIN,...',
    expects: 'origins such as https://shop.example, separated by commas, without a path',
    parse: (raw) => {
      const list: unknown[] = typeof raw === 'string' ? raw.split(',').map((one) => one.trim()) : asList(raw);
      return list.length > 0 && list.every(isOrigin) ? list : undefined;
    },
  };
}

function asList(raw: unknown): unknown[] {
  return Array.isArray(raw) ? raw : [];
}

function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value;
}

/** An http or https address. */
export function webAddress(about: About<string | undefined>): Setting<string | undefined> {
  return {
    ...about,
    placeholder: 'URL',
    expects: 'an address that begins with http:// or https://',
    parse: (raw) =>
      typeof raw === 'string' && URL.canParse(raw) && /^https?:$/.test(new URL(raw).protocol)
        ? raw
        : undefined,
  };
}

/** A user's id. */
export function userId(about: About<UserId | undefined>): Setting<UserId | undefined> {
  return {
    ...about,
    placeholder: 'ID',
    expects: 'a user id: a decimal number from 1 to 2^64-1',
    parse: (raw) => (typeof raw === 'string' && isUserId(raw) ? raw : undefined),
  };
}
