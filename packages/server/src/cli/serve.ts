import { once } from 'node:events';
import { prepareDataDir } from '../config/data-dir.ts';
import { SetupProblem, systemCode } from '../config/problem.ts';
import { allSettings, type Settings } from '../config/settings.ts';
import type { Extras } from '../http/http-server.ts';
import { createLog } from '../observe/log.ts';
import { type RunningServer, startServer } from '../server.ts';
import { command, type Terminal } from './command.ts';

export const serve = command({
  name: 'serve',
  summary: 'runs the server until it is told to end (SIGTERM or Ctrl-C)',
  examples: [
    'skein serve --data /var/lib/skein --origins https://shop.example',
    'skein serve --mqtt-port 1883',
  ],
  settings: allSettings.map(({ path }) => path),
  options: {},
  async run({ settings, terminal }) {
    const server = await start(settings);
    announce(settings, server, terminal);
    await untilTold(server);
    return 0;
  },
});

/**
 * Starts a server, and turns what its surroundings refuse it into a line for whoever runs it.
 *
 * @throws {SetupProblem} the data directory is not writable, the port is taken or not ours to open
 */
export async function start(settings: Settings, extras?: Extras): Promise<RunningServer> {
  prepareDataDir(settings.dataDir);
  try {
    return await startServer(settings, extras);
  } catch (error) {
    throw problemOfListening(error, settings) ?? error;
  }
}

function problemOfListening(error: unknown, settings: Settings): SetupProblem | undefined {
  const port = error instanceof Error && 'port' in error ? Number(error.port) : settings.port;
  const flag = port === settings.mqttPort ? '--mqtt-port' : '--port';
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return new SetupProblem(
        `port ${port} is taken: choose another with ${flag} N, or end what listens there`,
      );
    case 'EACCES':
      return new SetupProblem(`port ${port} is not for this user: choose one above 1023 with ${flag} N`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new SetupProblem(
        `${settings.host} is no address of this machine: choose another with --host ADDRESS`,
      );
    default:
      return undefined;
  }
}

/** Says where the server listens. */
export function announce(settings: Settings, server: RunningServer, terminal: Terminal): void {
  if (settings.log === 'json') {
    const { url, mqttPort } = server;
    createLog('json', 'info', terminal.out).info('listening', { url, mqttPort });
    return;
  }
  const mqtt = server.mqttPort === undefined ? '' : `, MQTT on port ${server.mqttPort}`;
  terminal.out.write(`Skein listens on ${server.url}${mqtt}\n`);
}

/** Until a signal has been obeyed: sessions told, the last commit done. A second one ends the process at once. */
export async function untilTold(server: RunningServer): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  await Promise.race([once(process, 'SIGTERM', { signal }), once(process, 'SIGINT', { signal })]);
  controller.abort();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => process.exit(1));
  await server.close();
}
