import { type NamedSetting, namedSettings } from '../config/setting.ts';
import { settingFlags } from './arguments.ts';
import type { Command } from './command.ts';

export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(8)}${summary}`);
  return [
    'Skein: chat and customer service over MQTT',
    '',
    'skein COMMAND [--option value ...]',
    '',
    ...rows,
    '',
    '"skein COMMAND --help" tells about one of them.',
    '',
  ].join('\n');
}

export function helpOf(command: Command): string {
  const own = namedSettings(command.options);
  const settings = settingFlags(command);
  return [
    `skein ${command.name}: ${command.summary}`,
    '',
    ...command.examples.map((example) => `  ${example}`),
    ...section('Options', own.map(rowOfOption)),
    ...section(
      'Settings, each also a variable and a line of the --config file',
      settings.map((named) => rowOfSetting(named, command)),
    ),
    ...(settings.length > 0
      ? ['', '  --config FILE', '      Settings as JSON; flags and variables win over it.']
      : []),
    '',
  ].join('\n');
}

function section(title: string, rows: readonly string[]): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, '', ...rows];
}

function rowOfOption({ flag, setting }: NamedSetting): string {
  return row(flag, setting, setting.fallback);
}

function rowOfSetting({ path, flag, variable, setting }: NamedSetting, { fallbacks }: Command): string {
  return `${row(flag, setting, fallbacks?.[path] ?? setting.fallback)} [${variable}]`;
}

function row(flag: string, setting: NamedSetting['setting'], fallback: unknown): string {
  return `  ${flagText(flag, setting)}\n      ${setting.help}${fallbackText(fallback)}`;
}

function flagText(flag: string, { placeholder }: NamedSetting['setting']): string {
  return placeholder === undefined ? `--${flag}` : `--${flag} ${placeholder}`;
}

function fallbackText(fallback: unknown): string {
  const isTold = fallback !== undefined && fallback !== false && String(fallback) !== '';
  return isTold ? ` (default ${fallback})` : '';
}
