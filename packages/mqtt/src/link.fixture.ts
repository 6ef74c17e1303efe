import { ClientConnection } from './client/connection.ts';
import type { ClientSession } from './client/publishing.ts';
import type { ClientConnectionOptions, ClientEffect, ClientInput } from './client/surface.ts';
import type { ProtocolVersion } from './codec/packet.ts';
import { ServerConnection } from './server/connection.ts';
import type { AcceptInput, ServerConnectionOptions, ServerEffect, ServerInput } from './server/surface.ts';

export const serverOptions: ServerConnectionOptions = {
  maxPacketSize: 262_144,
  maxConnectSize: 16_384,
  connectTimeoutMs: 5_000,
  receiveMaximum: 64,
  maxKeepAliveS: 300,
};

function clientOptions(version: ProtocolVersion): ClientConnectionOptions {
  return {
    version,
    clientId: 'phone',
    cleanStart: false,
    keepAliveS: 60,
    responseTimeoutMs: 10_000,
    maxPacketSize: 262_144,
    receiveMaximum: 16,
    maxQueued: 1_000,
  };
}

type Of<E, T> = Extract<E, { type: T }>;

/** A client and a server on one line, in virtual time. Bytes move when `exchange` is called, so a test can cut the line anywhere. */
export class Link {
  readonly client: ClientConnection;
  readonly server: ServerConnection;
  readonly clientEffects: ClientEffect[] = [];
  readonly serverEffects: ServerEffect[] = [];
  now: number;

  constructor(
    version: ProtocolVersion,
    {
      client = {},
      server = {},
      session,
      now = 0,
    }: {
      client?: Partial<ClientConnectionOptions>;
      server?: Partial<ServerConnectionOptions>;
      session?: ClientSession;
      now?: number;
    } = {},
  ) {
    this.now = now;
    this.client = new ClientConnection({ ...clientOptions(version), ...client }, now, session);
    this.server = new ServerConnection({ ...serverOptions, ...server }, now);
  }

  /** Connects, with the server's consent. */
  accept(input: Partial<AcceptInput> = {}): this {
    this.exchange();
    this.toServer({ type: 'accept', sessionPresent: false, ...input });
    this.exchange();
    return this;
  }

  toClient(input: ClientInput): void {
    this.client.handle(input, this.now);
    this.#collect();
  }

  toServer(input: ServerInput): void {
    this.server.handle(input, this.now);
    this.#collect();
  }

  /** Moves bytes both ways until nothing moves. */
  exchange(): void {
    for (let moved = true; moved; ) {
      const up = this.client.takeOutput();
      if (up) this.toServer({ type: 'bytes', chunk: up });
      const down = this.server.takeOutput();
      if (down) this.toClient({ type: 'bytes', chunk: down });
      moved = up !== undefined || down !== undefined;
    }
  }

  /** Lets time pass, from deadline to deadline. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = Math.min(this.client.deadline() ?? Infinity, this.server.deadline() ?? Infinity);
      if (next > end) break;
      this.now = next;
      this.toClient({ type: 'tick' });
      this.toServer({ type: 'tick' });
      this.exchange();
    }
    this.now = end;
  }

  fromServer<T extends ServerEffect['type']>(type: T): Of<ServerEffect, T>[] {
    return this.serverEffects.filter((effect) => effect.type === type) as Of<ServerEffect, T>[];
  }

  fromClient<T extends ClientEffect['type']>(type: T): Of<ClientEffect, T>[] {
    return this.clientEffects.filter((effect) => effect.type === type) as Of<ClientEffect, T>[];
  }

  /** Packet ids of the publishes the server was handed, in order. */
  get published(): number[] {
    return this.fromServer('publish').map(({ packet }) => packet.packetId);
  }

  /** Tokens of the client's messages in the order in which they were acknowledged. */
  get acknowledged(): unknown[] {
    return this.fromClient('acknowledged').map(({ token }) => token);
  }

  #collect(): void {
    for (let effect = this.client.nextEffect(); effect; effect = this.client.nextEffect())
      this.clientEffects.push(effect);
    for (let effect = this.server.nextEffect(); effect; effect = this.server.nextEffect())
      this.serverEffects.push(effect);
  }
}
