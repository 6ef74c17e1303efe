import { parseArgs } from 'node:util';
import { closest } from '../config/closest.ts';
import { SetupProblem } from '../config/problem.ts';
import { parse } from '../config/read-settings.ts';
import { type NamedSetting, namedSettings, type Table, type Values } from '../config/setting.ts';
import { allSettings } from '../config/settings.ts';
import type { Command } from './command.ts';

export interface ParsedArguments {
  readonly help: boolean;
  readonly config: string | undefined;
  /** Settings by flag, as text. */
  readonly flags: ReadonlyMap<string, string>;
  /** The command's own options, with their defaults. */
  readonly options: Values<Table>;
}

/** The settings that a command takes as flags. */
export function settingFlags(command: Command): NamedSetting[] {
  // A secret on a command line could be read by every user of the machine.
  return allSettings.filter(({ path, setting }) => command.settings.includes(path) && !setting.secret);
}

/** @throws {SetupProblem} for an unknown option, a missing or wrong value, a word that belongs nowhere */
export function parseArguments(command: Command, words: readonly string[]): ParsedArguments {
  const own = namedSettings(command.options);
  const known = [...own, ...settingFlags(command)];
  const { tokens } = parseArgs({
    args: [...words],
    strict: false,
    tokens: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      config: { type: 'string' },
      ...Object.fromEntries(known.map(({ flag, setting }) => [flag, { type: flagType(setting) }] as const)),
    },
  });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') {
      throw new SetupProblem(`"${token.value}" belongs to no option: ${seeHelp(command)}`);
    }
    if (token.kind === 'option') given.set(token.name, readToken(token, known, command));
  }
  return {
    help: given.has('help'),
    config: given.get('config'),
    flags: given,
    options: Object.fromEntries(own.map((named) => [named.path, valueFrom(named, given)])) as Values<Table>,
  };
}

function valueFrom({ flag, setting }: NamedSetting, given: ReadonlyMap<string, string>): unknown {
  const value = given.get(flag);
  return value === undefined ? setting.fallback : parse(setting, value, `--${flag}`);
}

function flagType(setting: NamedSetting['setting']): 'boolean' | 'string' {
  return setting.placeholder === undefined ? 'boolean' : 'string';
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
}

function readToken(token: OptionToken, known: readonly NamedSetting[], command: Command): string {
  const named = known.find(({ flag }) => flag === token.name);
  if (named === undefined && token.name !== 'help' && token.name !== 'config') {
    const flags = known.map(({ flag }) => `--${flag}`);
    const guess = closest(token.rawName, flags, ', did you mean ');
    throw new SetupProblem(`unknown option ${token.rawName}${guess}: ${seeHelp(command)}`);
  }
  const needsValue = token.name === 'config' || (named && named.setting.placeholder !== undefined);
  if (needsValue && token.value === undefined) {
    throw new SetupProblem(
      `${token.rawName} needs a value: ${token.rawName} ${named?.setting.placeholder ?? 'FILE'}`,
    );
  }
  return token.value ?? '';
}

function seeHelp(command: Command): string {
  return `"skein ${command.name} --help" lists all`;
}
