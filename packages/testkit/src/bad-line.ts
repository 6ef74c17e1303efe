import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Flow, type FlowFaults } from './flow.ts';

export interface Target {
  readonly port: number;
  readonly host?: string;
}

/** What is wrong with the line now; each may be changed at any time. */
export interface LineFaults {
  /** From the client to the server. */
  readonly up: FlowFaults;
  /** From the server to the client. */
  readonly down: FlowFaults;
}

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  readonly up: Flow;
  readonly down: Flow;
}

/**
 * A TCP line between a client and a server that can be made as bad as real ones are: slow, narrow, cut, silent in one
 * direction or both, or one byte at a time. Connect the client to `port`.
 */
export class BadLine implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #faults: LineFaults = { up: {}, down: {} };
  #accepts = true;

  private constructor(server: Server, target: Target) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#accept(client, target));
  }

  static async to(target: Target): Promise<BadLine> {
    // Half-open sockets are this line's business: the end of one direction is passed on, not answered.
    const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BadLine(server, target);
  }

  /** How many clients are connected through it. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Sets the faults of the directions that are named, for the connections that are there and those to come. */
  set(faults: Partial<LineFaults>): void {
    this.#faults = { ...this.#faults, ...faults };
    for (const { up, down } of this.#connections) {
      up.set(this.#faults.up);
      down.set(this.#faults.down);
    }
  }

  /** A good line again, for all connections that still are there. What was held back arrives. */
  heal(): void {
    this.#accepts = true;
    this.set({ up: {}, down: {} });
  }

  /** Resets every connection, as a router that restarts does; new ones are accepted. */
  cut(): void {
    for (const { client, server } of this.#connections) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** Resets every connection, and new ones too until `heal`. */
  down(): void {
    this.#accepts = false;
    this.cut();
  }

  /** The client is gone without a word: the server keeps a connection on which nothing comes or goes any more. */
  halfOpen(): void {
    for (const { client, up, down } of this.#connections) {
      up.set({ silent: true });
      down.set({ silent: true });
      client.resetAndDestroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const { client, server } of this.#connections) {
      client.destroy();
      server.destroy();
    }
    await once(this.#server, 'close');
  }

  #accept(client: Socket, { host = '127.0.0.1', port }: Target): void {
    // The reset of one side is passed on by 'close' below.
    client.on('error', () => {});
    if (!this.#accepts) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host, port, allowHalfOpen: true, noDelay: true });
    server.on('error', () => {});
    const connection: Connection = {
      client,
      server,
      up: new Flow(client, server, this.#faults.up),
      down: new Flow(server, client, this.#faults.down),
    };
    this.#connections.add(connection);
    const close = (side: Socket, other: Socket, flow: Flow) =>
      side.once('close', () => {
        // A silent line does not even carry the news that somebody is gone.
        flow.whenFlowing(() => other.destroy());
        if (client.closed && server.closed) this.#connections.delete(connection);
      });
    close(client, server, connection.up);
    close(server, client, connection.down);
  }
}
