import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventLine, type Processes, SERVER_CORE } from '../machine/processes.ts';
import { relayClients, type Side, type SideOptions } from './side.ts';

const PROCESS = fileURLToPath(new URL('./aedes-process.ts', import.meta.url));

export async function startAedes(processes: Processes, options: SideOptions): Promise<Side> {
  const { pid, ready, stop } = await processes.start<{ mqttPort: number }>({
    name: 'aedes',
    core: SERVER_CORE,
    command: process.execPath,
    args: [PROCESS, options.transport],
    env: { NODE_ENV: 'production' },
    ready: eventLine('listening'),
  });
  return {
    name: 'aedes',
    title: `aedes ${version()}`,
    durability: 'D0',
    pid,
    port: ready.mqttPort,
    transport: options.transport,
    clients: relayClients,
    stop,
  };
}

function version(): string {
  const manifest = new URL('./package.json', import.meta.resolve('aedes'));
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
