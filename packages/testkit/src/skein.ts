import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';
import { mintToken, type Role, type TokenClaims } from './token.ts';

export interface SkeinOptions {
  /** Further arguments of `serve`. */
  readonly args?: readonly string[];
  /** Settings, as SKEIN_... variables. */
  readonly env?: Record<string, string>;
  /** An existing data directory; it is left in place. Without it there is a temporary one. */
  readonly dataDir?: string;
  /** Milliseconds to become ready. Default 15,000. */
  readonly readyWithinMs?: number;
}

const main = fileURLToPath(new URL('../../server/src/cli/main.ts', import.meta.url));
const secret = 'a secret for tests, long enough for HS256';

/** Starts the real server in a process of its own, on free ports of 127.0.0.1. */
export async function startSkein(options: SkeinOptions = {}): Promise<Skein> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'skein-test-')));
  const { child, answer } = await serve(options, dataDir, { port: 0, mqttPort: 0 });
  return new Skein(options, dataDir, child, answer);
}

/** A running server. */
export class Skein implements AsyncDisposable {
  readonly dataDir: string;
  readonly #options: SkeinOptions;
  #child: Child;
  #listening: Listening;

  /** Use `startSkein`. */
  constructor(options: SkeinOptions, dataDir: string, child: Child, listening: Listening) {
    this.#options = options;
    this.dataDir = dataDir;
    this.#child = child;
    this.#listening = listening;
  }

  /** `http://127.0.0.1:{port}` */
  get url(): string {
    return this.#listening.url;
  }

  /** The port of pages, calls and MQTT over WebSocket. */
  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The port of plain MQTT over TCP. */
  get mqttPort(): number {
    return this.#listening.mqttPort;
  }

  /** `ws://127.0.0.1:{port}/mqtt` */
  get mqttUrl(): string {
    return `${this.url.replace(/^http/, 'ws')}/mqtt`;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The last of what the server printed. */
  get output(): string {
    return this.#child.output;
  }

  /** A token for this server. */
  token(user: string, role: Role = 'customer', further: Omit<TokenClaims, 'user' | 'role'> = {}): string {
    return mintToken(secret, { user, role, ...further });
  }

  /** Asks the server to end, and waits for it. Answers the exit code. */
  stop(): Promise<number | null> {
    return this.#child.end('SIGTERM');
  }

  /** Ends the server as a crash does. */
  async kill(): Promise<void> {
    await this.#child.end('SIGKILL');
  }

  /** Starts it again on its data and its ports, after stopping it when it still runs. */
  async restart(): Promise<void> {
    await this.stop();
    const { child, answer } = await serve(this.#options, this.dataDir, this);
    this.#child = child;
    this.#listening = answer;
  }

  /** Stops it and removes what it stored, unless the data directory was given. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (this.#options.dataDir === undefined) await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** The line with which `serve` says that clients are served. */
interface Listening {
  readonly event: 'listening';
  readonly url: string;
  readonly mqttPort: number;
}

function serve(
  options: SkeinOptions,
  dataDir: string,
  ports: { readonly port: number; readonly mqttPort: number },
) {
  const { args = [], env, readyWithinMs = 15_000 } = options;
  const listen = ['--port', String(ports.port), '--mqtt-port', String(ports.mqttPort), '--data', dataDir];
  return Child.start(process.execPath, [main, 'serve', ...listen, ...args], findListening, {
    env: { SKEIN_LOG: 'json', SKEIN_SECRET: secret, ...env },
    readyWithinMs,
  });
}

/** Finds the line among whole lines of the output; exported for its test. */
export function findListening(output: string): Listening | undefined {
  const lines = output.split('\n').slice(0, -1);
  const line = lines.find((text) => text.startsWith('{') && text.includes('"listening"'));
  return line === undefined ? undefined : (JSON.parse(line) as Listening);
}
