import type { Table, Values } from '../config/setting.ts';
import type { Settings } from '../config/settings.ts';

/** Where a command reads and writes: the process, or a test. */
export interface Terminal {
  readonly in: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
}

/** What a command is given: its own options, the installation's settings, and the terminal. */
export interface Invocation<T extends Table> {
  readonly options: Values<T>;
  readonly settings: Settings;
  readonly terminal: Terminal;
}

/** One command of `skein`. */
export interface Command<T extends Table = Table> {
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** What only this command has, as flags. */
  readonly options: T;
  /** Paths of the settings that it takes as flags too. */
  readonly settings: readonly string[];
  /** What is the default here instead of the table's, by path. */
  readonly fallbacks?: Readonly<Record<string, unknown>>;
  readonly examples: readonly string[];
  /** Answers the exit code. */
  run(invocation: Invocation<T>): Promise<number>;
}

/** Checks a command's options against its `run`, and forgets them, so that commands fit into one list. */
export function command<T extends Table>(definition: Command<T>): Command {
  return definition as unknown as Command;
}
