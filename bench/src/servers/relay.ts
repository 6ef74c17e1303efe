import { fileURLToPath } from 'node:url';
import { eventLine, type Processes, SERVER_CORE } from '../machine/processes.ts';
import { relayClients, type Server } from './side.ts';

const PROCESS = fileURLToPath(new URL('./relay-process.ts', import.meta.url));

/** The bare relay, over TCP: a part of P3, and no side of its own. */
export async function startRelay(processes: Processes): Promise<Server> {
  const { pid, ready, stop } = await processes.start<{ mqttPort: number }>({
    name: 'relay',
    core: SERVER_CORE,
    command: process.execPath,
    args: [PROCESS],
    env: { NODE_ENV: 'production' },
    ready: eventLine('listening'),
  });
  return { pid, port: ready.mqttPort, transport: 'tcp', clients: relayClients, stop };
}
