import { closest } from '../config/closest.ts';
import { SetupProblem } from '../config/problem.ts';
import { readSettings, unknownVariables } from '../config/read-settings.ts';
import { parseArguments } from './arguments.ts';
import { chat } from './chat.ts';
import { check } from './check.ts';
import type { Command, Terminal } from './command.ts';
import { dev } from './dev.ts';
import { helpOf, overview } from './help.ts';
import { serve } from './serve.ts';
import { token } from './token.ts';

const commands: readonly Command[] = [serve, dev, token, chat, check];

/** The exit code for what whoever called has to mend. */
const setupExitCode = 2;

/**
 * Runs `skein` with the words behind its name and answers the exit code: 0 done, 1 it found something wrong, 2 it was
 * called or set up wrongly (one line on the error output says what and how to mend it).
 */
export async function run(
  words: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
): Promise<number> {
  const [name = 'help', ...rest] = words;
  if (['help', '--help', '-h'].includes(name)) {
    terminal.out.write(overview(commands));
    return 0;
  }
  try {
    return await runCommand(commandNamed(name), rest, variables, terminal);
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    terminal.err.write(`skein: ${error.message}\n`);
    return setupExitCode;
  }
}

function commandNamed(name: string): Command {
  const found = commands.find((one) => one.name === name);
  if (found) return found;
  const names = commands.map((one) => one.name);
  throw new SetupProblem(
    `unknown command "${name}"${closest(name, names, ', did you mean ')} There are: ${names.join(', ')}`,
  );
}

async function runCommand(
  command: Command,
  words: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
  terminal: Terminal,
): Promise<number> {
  const { help, config = variables.SKEIN_CONFIG, flags, options } = parseArguments(command, words);
  if (help) {
    terminal.out.write(helpOf(command));
    return 0;
  }
  const { fallbacks = {} } = command;
  const settings = readSettings({ flags, variables, file: config, fallbacks });
  for (const complaint of unknownVariables(variables)) terminal.err.write(`skein: ${complaint}\n`);
  return command.run({ options, settings, terminal });
}
