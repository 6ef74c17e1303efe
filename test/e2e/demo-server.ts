import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '@skein/testkit';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** `skein dev` in a process and a data directory of its own. */
export class DemoServer implements AsyncDisposable {
  readonly #dataDir: string;
  #child: Child | undefined;
  #url = '';

  private constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  static async start(): Promise<DemoServer> {
    const server = new DemoServer(await mkdtemp(join(tmpdir(), 'skein-demo-')));
    await server.startAgain('0');
    return server;
  }

  /** `http://127.0.0.1:{port}` */
  get url(): string {
    return this.#url;
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    await this.#child?.end('SIGKILL');
  }

  /** On the same data, and on the same port if none is given. */
  async startAgain(port = new URL(this.#url).port): Promise<void> {
    const main = join(repository, 'packages/server/src/cli/main.ts');
    const args = [main, 'dev', '--port', port, '--mqtt-port', '0', '--data', this.#dataDir];
    // The first start builds the page.
    const options = { env: { SKEIN_LOG: 'json' }, readyWithinMs: 30_000 };
    const { child, answer } = await Child.start(process.execPath, args, listeningUrl, options);
    this.#child = child;
    this.#url = answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child?.end('SIGTERM');
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}

function listeningUrl(output: string): string | undefined {
  return /"url":"(http:[^"]+)"[^\n]*"event":"listening"/.exec(output)?.[1];
}
