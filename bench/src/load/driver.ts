/** The bench's end of the channel to the generator: one command at a time. */
import { fileURLToPath } from 'node:url';
import { GENERATOR_CORE, type Pinned, type Processes } from '../machine/processes.ts';
import type { Answer, Command } from './commands.ts';
import type { RunResult } from './fleet.ts';

const GENERATOR = fileURLToPath(new URL('./generator.ts', import.meta.url));
/** Beyond what a command itself takes: connecting, draining. */
const GRACE_MS = 20_000;

export class LoadDriver {
  readonly #generator: Pinned<undefined>;
  #pending: { number: number; resolve(result?: RunResult): void; reject(error: Error): void } | undefined;
  #number = 0;
  #failure: Error | undefined;

  private constructor(generator: Pinned<undefined>) {
    this.#generator = generator;
    generator.child.on('message', (message) => this.#take(message as Answer));
    generator.child.once('exit', () => this.#fail(new Error('the load generator has ended')));
  }

  static async start(processes: Processes): Promise<LoadDriver> {
    const args = [GENERATOR];
    const command = process.execPath;
    return new LoadDriver(
      await processes.start({ name: 'generator', core: GENERATOR_CORE, command, args, ipc: true }),
    );
  }

  get pid(): number {
    return this.#generator.pid;
  }

  async connect(command: Omit<Extract<Command, { type: 'connect' }>, 'type'>): Promise<void> {
    await this.#request({ type: 'connect', ...command }, 0);
  }

  async disconnect(fleet: string): Promise<void> {
    await this.#request({ type: 'disconnect', fleet }, 0);
  }

  async closedLoop(fleet: string, window: number, ms: number): Promise<RunResult> {
    return this.#run({ type: 'closedLoop', fleet, window, ms }, ms);
  }

  async openLoop(fleet: string, rate: number, ms: number): Promise<RunResult> {
    return this.#run({ type: 'openLoop', fleet, rate, ms }, ms);
  }

  async #run(command: Command, ms: number): Promise<RunResult> {
    const result = await this.#request(command, ms);
    if (!result) throw new Error(`the generator gave no result for ${command.type}`);
    return result;
  }

  #request(command: Command, ms: number): Promise<RunResult | undefined> {
    if (this.#failure) return Promise.reject(this.#failure);
    const number = ++this.#number;
    return new Promise<RunResult | undefined>((resolve, reject) => {
      const limit = setTimeout(
        () => this.#fail(new Error(`the generator did not answer ${command.type} in time`)),
        ms + GRACE_MS,
      );
      this.#pending = {
        number,
        resolve: (result) => {
          clearTimeout(limit);
          resolve(result);
        },
        reject: (error) => {
          clearTimeout(limit);
          reject(error);
        },
      };
      this.#generator.child.send({ number, command });
    });
  }

  #take(answer: Answer): void {
    if (answer.type === 'failed') {
      this.#fail(new Error(answer.message));
    } else if (this.#pending?.number === answer.number) {
      this.#pending.resolve(answer.result);
      this.#pending = undefined;
    }
  }

  /** A lost connection, a double or a stray voids all that follows: the first failure stays. */
  #fail(error: Error): void {
    this.#failure ??= error;
    this.#pending?.reject(this.#failure);
    this.#pending = undefined;
  }
}
