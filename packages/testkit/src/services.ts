import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The programs that tests run and npm does not bring; the table is in tools/setup/services.mjs. */
export type ServiceName = 'chromium' | 'chinese_font' | 'mosquitto' | 'mosquitto_pub' | 'mosquitto_sub';

type Found = { readonly path: string } | { readonly missing: string };

const list = fileURLToPath(new URL('../../../node_modules/.skein/services.json', import.meta.url));

/**
 * The path of a program, as the setup found it.
 * @throws when it is missing; a test asks `without` first
 */
export function pathOf(name: ServiceName): string {
  const service = find(name);
  if ('missing' in service) throw new Error(`${name}: ${service.missing}`);
  return service.path;
}

/**
 * Whether one of these programs is missing, for `describe.skipIf(without('mosquitto'))`. Prints what does not run and
 * why. Under CI=true it throws instead, since a test that does not run shows nothing.
 */
export function without(...names: readonly ServiceName[]): boolean {
  const reasons = names.map(find).flatMap((service) => ('missing' in service ? [service.missing] : []));
  if (reasons.length === 0) return false;
  if (process.env.CI === 'true') throw new Error(reasons.join('\n'));
  console.warn(`NOT RUN: ${reasons.join('\n')}`);
  return true;
}

function find(name: ServiceName): Found {
  if (!existsSync(list))
    return { missing: 'nobody has looked for it yet: run node tools/setup.mjs --services' };
  const found = JSON.parse(readFileSync(list, 'utf8')) as Record<string, Found>;
  return found[name] ?? { missing: `${name} is new: run node tools/setup.mjs --services` };
}
