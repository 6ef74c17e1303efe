import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.ts';
import { freePort } from './free-port.ts';
import { pathOf } from './services.ts';

export interface MosquittoOptions {
  /** Further lines of mosquitto.conf, such as `max_queued_messages 1`. */
  readonly config?: readonly string[];
}

/** Starts a stock Mosquitto broker on 127.0.0.1 that lets everybody in and keeps nothing on disk. */
export async function startMosquitto({ config = [] }: MosquittoOptions = {}): Promise<Mosquitto> {
  const dir = await mkdtemp(join(tmpdir(), 'skein-mosquitto-'));
  const [port, webSocketPort] = [await freePort(), await freePort()];
  const lines = [
    'allow_anonymous true',
    'persistence false',
    `listener ${port} 127.0.0.1`,
    `listener ${webSocketPort} 127.0.0.1`,
    'protocol websockets',
    ...config,
  ];
  await writeFile(join(dir, 'mosquitto.conf'), `${lines.join('\n')}\n`);
  return new Mosquitto(dir, port, webSocketPort, await run(dir));
}

/** A running broker. */
export class Mosquitto implements AsyncDisposable {
  readonly port: number;
  /** For MQTT over WebSocket. */
  readonly webSocketPort: number;
  readonly #dir: string;
  #child: Child;

  /** Use `startMosquitto`. */
  constructor(dir: string, port: number, webSocketPort: number, child: Child) {
    this.#dir = dir;
    this.port = port;
    this.webSocketPort = webSocketPort;
    this.#child = child;
  }

  /** Ends it as a crash does: what it had queued is gone. */
  async kill(): Promise<void> {
    await this.#child.end('SIGKILL');
  }

  /** Starts it again on its ports, after ending it when it still runs. */
  async restart(): Promise<void> {
    await this.#child.end();
    this.#child = await run(this.#dir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.end();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

async function run(dir: string): Promise<Child> {
  const started = await Child.start(pathOf('mosquitto'), ['-c', join(dir, 'mosquitto.conf')], (output) =>
    /mosquitto version \S+ running/.test(output) ? true : undefined,
  );
  return started.child;
}
