import type { NamedSetting } from './setting.ts';
import { allSettings } from './settings.ts';

/** The table of settings as it stands in `docs/operations.md`. */
export function settingsManual(): string {
  const rows = allSettings.map(
    ({ path, variable, setting }) =>
      `| \`${path}\` | \`${variable}\` | ${valuesOf(setting)} | ${defaultOf(setting)} | ${setting.help} |`,
  );
  return [
    '| setting | variable | value | default | what for |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function valuesOf({ expects }: NamedSetting['setting']): string {
  return expects.replaceAll('|', '\\|');
}

function defaultOf({ fallback }: NamedSetting['setting']): string {
  if (fallback === undefined) return 'none';
  return Array.isArray(fallback) ? fallback.join(', ') || 'none' : `\`${fallback}\``;
}
