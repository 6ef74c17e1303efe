/** The bench's processes: each pinned to its core, each ended when the bench ends, however it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The servers' core and the generator's; kept apart, so that neither takes time from the other. */
export const SERVER_CORE = 0;
export const GENERATOR_CORE = 1;

const TERM_GRACE_MS = 5000;
const READY_LIMIT_MS = 15_000;

export interface StartOptions {
  name: string;
  core: number;
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
  /** A channel for messages, as child_process.fork() gives it. */
  ipc?: boolean;
  /** The first line of its output that says it is ready; what this returns is what `ready` resolves to. */
  ready?: (line: string) => unknown;
}

export interface Pinned<Ready> {
  name: string;
  pid: number;
  child: ChildProcess;
  ready: Ready;
  stop(): Promise<void>;
}

export class Processes {
  readonly #running = new Set<ChildProcess>();
  readonly #logDirectory: string;
  #stopping = false;

  constructor(logDirectory: string) {
    this.#logDirectory = logDirectory;
    process.on('exit', this.#killAll);
  }

  /**
   * Starts a process on one core and, given `ready`, waits for its line. Its output goes to a log, whose end is in
   * the error when it does not get there. `setpriv` has the kernel end it should the bench itself be killed.
   */
  async start<Ready = undefined>(options: StartOptions): Promise<Pinned<Ready>> {
    if (this.#stopping) throw new Error('the bench is being stopped');
    const pinning = ['--pdeathsig', 'KILL', 'taskset', '-c', String(options.core), options.command];
    const child = spawn('setpriv', [...pinning, ...options.args], {
      env: { ...process.env, ...options.env },
      stdio: options.ipc ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    const logPath = join(this.#logDirectory, `${options.name}.log`);
    const log = createWriteStream(logPath);
    child.stdout!.pipe(log, { end: false });
    child.stderr!.pipe(log, { end: false });
    const ready = options.ready ? await this.#untilReady(child, options, options.ready, logPath) : undefined;
    return {
      name: options.name,
      pid: child.pid!,
      child,
      ready: ready as Ready,
      stop: () => this.#stop(child),
    };
  }

  /** Ends everything that was started; nothing can be started afterwards. */
  async stopAll(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#running].map((child) => this.#stop(child)));
    process.off('exit', this.#killAll);
  }

  #untilReady(
    child: ChildProcess,
    options: StartOptions,
    ready: (line: string) => unknown,
    logPath: string,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) =>
        reject(new Error(`${options.name} ${why}; its last words:\n${lastLines(logPath)}`));
      const timer = setTimeout(() => fail(`was not ready within ${READY_LIMIT_MS / 1000} s`), READY_LIMIT_MS);
      child.once('error', (error) => fail(`could not be started (${error.message})`));
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        fail(`ended with ${signal ?? code} before it was ready`);
      });
      for (const stream of [child.stdout!, child.stderr!]) {
        createInterface({ input: stream }).on('line', (line) => {
          const answer = ready(line);
          if (answer === undefined) return;
          clearTimeout(timer);
          resolve(answer);
        });
      }
    });
  }

  async #stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), TERM_GRACE_MS);
    await exited;
    clearTimeout(timer);
  }

  readonly #killAll = (): void => {
    for (const child of this.#running) child.kill('SIGKILL');
  };
}

/** For `ready`: takes a line of JSON that tells of the event, and gives its fields. */
export function eventLine(event: string): (line: string) => Record<string, unknown> | undefined {
  return (line) => {
    if (!line.startsWith('{')) return undefined;
    try {
      const fields = JSON.parse(line) as Record<string, unknown>;
      return fields.event === event ? fields : undefined;
    } catch {
      return undefined;
    }
  };
}

function lastLines(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim().split('\n').slice(-10).join('\n');
  } catch {
    return '(none)';
  }
}
