import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onEvents, until } from './until.ts';

export interface ChildOptions {
  readonly env?: Record<string, string | undefined>;
  readonly cwd?: string;
  /** Milliseconds to become ready. Default 15,000. */
  readonly readyWithinMs?: number;
}

// A test run that is broken off leaves no process behind.
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A program that a test runs beside itself. Its output is kept, the last 64 KiB of it, for the message of a failure. */
export class Child {
  readonly #process: ChildProcess;
  readonly #name: string;
  #output = '';

  private constructor(name: string, process: ChildProcess) {
    this.#name = name;
    this.#process = process;
    running.add(process);
    process.once('exit', () => running.delete(process));
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-65_536);
      });
    }
  }

  /**
   * Starts a program and waits until `ready` finds what it looks for in the output so far.
   * @throws with the output, when the program ends before or takes too long
   */
  static async start<T>(
    command: string,
    args: readonly string[],
    ready: (output: string) => T | undefined,
    { env, cwd, readyWithinMs = 15_000 }: ChildOptions = {},
  ): Promise<{ child: Child; answer: T }> {
    const process_ = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const child = new Child(command, process_);
    let failure: Error | undefined;
    process_.once('error', (error) => {
      failure = error;
    });
    const answer = await until(
      () => {
        if (failure) throw failure;
        const found = ready(child.#output);
        if (found === undefined && child.ended)
          throw new Error(`${child.#says('ended before it was ready')}`);
        return found === undefined ? undefined : { found };
      },
      {
        timeoutMs: readyWithinMs,
        what: () => child.#says('to be ready'),
        changes: (look) => {
          const stops = [
            onEvents(process_, 'exit', 'error'),
            onEvents(process_.stdout!, 'data'),
            onEvents(process_.stderr!, 'data'),
          ].map((changes) => changes(look));
          return () => {
            for (const stop of stops) stop();
          };
        },
      },
    ).catch(async (error: unknown) => {
      await child.end('SIGKILL');
      throw error;
    });
    return { child, answer: answer.found };
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Standard output and error, as they came. */
  get output(): string {
    return this.#output;
  }

  /** Sends the signal and waits for the end; after 10 s without it, kills. Answers the exit code, null after a kill. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (!this.ended && this.#process.pid !== undefined) {
      const exit = once(this.#process, 'exit');
      this.#process.kill(signal);
      const impatience = setTimeout(() => this.#process.kill('SIGKILL'), 10_000);
      await exit;
      clearTimeout(impatience);
    }
    return this.#process.exitCode;
  }

  #says(what: string): string {
    return `${this.#name} ${what}; it said:\n${this.#output || '(nothing)'}`;
  }
}
