import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Processes, SERVER_CORE } from '../machine/processes.ts';
import { relayClients, type Side, type SideOptions } from './side.ts';

const MOSQUITTO = '/usr/sbin/mosquitto';

/**
 * What Mosquitto is to be good at. Left to Nagle's algorithm (its default) it carries up to twice as much, but at a
 * modest rate its p99 is the 40 ms of a delayed acknowledgement of TCP; so it has either setting where that is the
 * better one.
 */
export type MosquittoTuning = 'capacity' | 'latency';

/** Mosquitto relays at QoS 1 and keeps nothing; no queue is short enough to drop what the load has in flight. */
export async function startMosquitto(
  processes: Processes,
  options: SideOptions,
  tuning: MosquittoTuning = 'capacity',
): Promise<Side> {
  const port = await freePort();
  const config = join(options.directory, 'mosquitto.conf');
  writeFileSync(
    config,
    [
      `listener ${port} 127.0.0.1`,
      // 2.0.11 does not start without a listener of its own kind beside the library's.
      ...(options.transport === 'websocket'
        ? ['protocol websockets', `listener ${await freePort()} 127.0.0.1`]
        : []),
      'allow_anonymous true',
      'persistence false',
      'max_inflight_messages 0',
      'max_queued_messages 0',
      `set_tcp_nodelay ${tuning === 'latency'}`,
      'connection_messages false',
      'log_dest stderr',
      // Otherwise, as root, it becomes another user, who may not read this directory.
      `user ${userInfo().username}`,
      '',
    ].join('\n'),
  );
  const { pid, stop } = await processes.start({
    name: 'mosquitto',
    core: SERVER_CORE,
    command: MOSQUITTO,
    args: ['-c', config],
    ready: (line) => (/mosquitto version \S+ running/.test(line) ? true : undefined),
  });
  return {
    name: 'mosquitto',
    title: version(),
    durability: 'D0',
    pid,
    port,
    transport: options.transport,
    clients: relayClients,
    stop,
  };
}

function version(): string {
  // It prints its help, and with it its version, with an exit code that is not 0.
  try {
    return firstLine(execFileSync(MOSQUITTO, ['-h'], { encoding: 'utf8', stdio: 'pipe' }));
  } catch (error) {
    return firstLine(String((error as { stdout?: string }).stdout ?? 'mosquitto'));
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.replace(' version', '');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
