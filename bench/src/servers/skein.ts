import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventLine, type Processes, SERVER_CORE } from '../machine/processes.ts';
import { type Durability, type Side, type SideOptions, skeinClients } from './side.ts';
import { customerToken } from './token.ts';

const ROOT = new URL('../../../', import.meta.url);
const COMMAND = fileURLToPath(new URL('packages/server/src/cli/main.ts', ROOT));
const TOKEN_TTL_S = 3600;
const TMPFS_MAGIC = 0x01021994;

export interface SkeinOptions extends SideOptions {
  /** A command that runs the server's own, such as strace with its options. */
  under?: readonly string[];
  /** Of its process and its data, where a run has more than one. */
  name?: string;
}

/** The whole server as an operator runs it, but for the rate limit, which would stop the load and nothing else. */
export async function startSkein(processes: Processes, options: SkeinOptions): Promise<Side> {
  const name = options.name ?? `skein-${options.transport}`;
  const data = join(options.directory, name);
  mkdirSync(data, { recursive: true });
  const secret = randomBytes(32).toString('base64url');
  const [command, ...args] = [
    ...(options.under ?? []),
    process.execPath,
    COMMAND,
    'serve',
    ...['--port', '0', '--mqtt-port', '0', '--data', data],
  ];
  const { pid, ready, stop } = await processes.start<{ url: string; mqttPort: number }>({
    name,
    core: SERVER_CORE,
    command: command!,
    args,
    env: {
      NODE_ENV: 'production',
      SKEIN_SECRET: secret,
      SKEIN_LIMITS_SENDS_PER_10S: '0',
      SKEIN_LOG: 'json',
    },
    ready: eventLine('listening'),
  });
  const now = Date.now();
  return {
    name: 'skein',
    title: `skein ${version()}`,
    durability: durabilityOf(data),
    pid,
    port: options.transport === 'websocket' ? Number(new URL(ready.url).port) : ready.mqttPort,
    transport: options.transport,
    clients: (count) => skeinClients(count, (userId) => customerToken(secret, userId, now, TOKEN_TTL_S)),
    stop,
  };
}

/** Nothing is durable in a file system that lives in memory, whatever is synced there. */
function durabilityOf(directory: string): Durability {
  return statfsSync(directory).type === TMPFS_MAGIC ? 'D0' : 'D1';
}

function version(): string {
  return (JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { version: string }).version;
}
