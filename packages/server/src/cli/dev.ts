import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadSecret } from '../auth/secret.ts';
import type { Settings } from '../config/settings.ts';
import type { Extras } from '../http/http-server.ts';
import type { RunningServer } from '../server.ts';
import { command, type Terminal } from './command.ts';
import { demoCommands, demoIdentities } from './demo.ts';
import { freePort } from './free-port.ts';
import { announce, start, untilTold } from './serve.ts';

/** Demo users have tokens for the asking, so nobody but this machine may ask. */
const host = '127.0.0.1';

export const dev = command({
  name: 'dev',
  summary: 'the first minute: a server on this machine, with demo users and the demo page',
  examples: ['skein dev'],
  settings: ['port', 'mqttPort', 'data', 'log', 'logLevel'],
  fallbacks: { data: '.skein/dev', mqttPort: 1883, logLevel: 'warn' },
  options: {},
  async run({ settings, terminal }) {
    const local = await onFreePorts({ ...settings, host }, terminal);
    const extras = await demoExtras(local);
    const server = await start(local, extras);
    if (settings.log === 'json') announce(local, server, terminal);
    else welcome(local, server, terminal);
    await untilTold(server);
    return 0;
  },
});

async function onFreePorts(settings: Settings, { out }: Terminal): Promise<Settings> {
  const port = await freePort(host, settings.port);
  if (port !== settings.port && settings.log !== 'json') {
    out.write(`Port ${settings.port} is taken: using ${port} instead.\n`);
  }
  return { ...settings, port, mqttPort: await freePort(host, settings.mqttPort ?? 0) };
}

async function demoExtras(settings: Settings): Promise<Extras> {
  const secret = loadSecret(settings.dataDir, settings.secret);
  return {
    apps: await demoApps(),
    localDocuments: new Map([['/demo.json', () => demoIdentities(secret)]]),
  };
}

const demoBuild = new URL('../../../../examples/paho/build.ts', import.meta.url);

/** The demo's page is built from the repository's examples; a package that was installed alone has none. */
async function demoApps(): Promise<NonNullable<Extras['apps']>> {
  if (!existsSync(fileURLToPath(demoBuild))) return [];
  const { buildDemo } = (await import(demoBuild.href)) as { buildDemo(): Promise<string> };
  return [{ path: '/', folder: await buildDemo() }];
}

function welcome(settings: Settings, server: RunningServer, { out }: Terminal): void {
  const commands = demoCommands(server.url, server.mqttPort, settings.dataDir);
  out.write(
    [
      '',
      '  Skein is running. Open',
      '',
      `      ${server.url}`,
      '',
      '  Also, in another terminal:',
      '',
      ...commands.map((line) => `      ${line}\n`),
      '  Ctrl-C ends it.',
      '',
      '',
    ].join('\n'),
  );
}
