import { connect, type Socket } from 'node:net';
import {
  type ClientCloseEffect,
  ClientConnection,
  type ClientEffect,
  type ConnackPacket,
  type ProtocolVersion,
  type PublishPacket,
  SlabPool,
  type Will,
} from '@skein/mqtt';

export interface DeviceOptions {
  /** Of plain MQTT over TCP. */
  readonly port: number;
  readonly user: string;
  readonly token: string;
  readonly clientId?: string;
  /** Default 5. */
  readonly version?: ProtocolVersion;
  /** Default true; false: the session of before goes on. */
  readonly cleanStart?: boolean;
  /** Default 0; of MQTT 5. */
  readonly sessionExpiryS?: number;
  /** Default 64; of MQTT 5. */
  readonly receiveMaximum?: number;
  readonly will?: Will;
  readonly onMessage?: (packet: PublishPacket) => void;
}

/** What became of a publish. */
export interface Answer {
  readonly reasonCode: number;
  readonly reason: string | undefined;
  /** User properties of the PUBACK. */
  readonly properties: Readonly<Record<string, string>>;
}

/** The line or the session ended before the answer came. */
export class LineLost extends Error {
  override readonly name = 'LineLost';
  readonly close: ClientCloseEffect;

  constructor(close: ClientCloseEffect) {
    super(`the connection ended (${close.cause}, 0x${close.reasonCode.toString(16)}) ${close.reason ?? ''}`);
    this.close = close;
  }
}

interface Awaiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: LineLost) => void;
}

const slabPool = new SlabPool();

/** One MQTT connection of a user over a real TCP socket. It does not connect again by itself. */
export class Device {
  readonly user: string;
  /** How the connection ended. */
  readonly ended: Promise<ClientCloseEffect>;
  readonly #socket: Socket;
  readonly #machine: ClientConnection;
  readonly #onMessage: (packet: PublishPacket) => void;
  readonly #awaiting = new Set<Awaiting<never>>();
  #welcome: Awaiting<ConnackPacket> | undefined;
  #tellEnd: (close: ClientCloseEffect) => void = () => {};
  #lost: LineLost | undefined;
  #flushing = false;

  private constructor(options: DeviceOptions) {
    this.user = options.user;
    this.#onMessage = options.onMessage ?? (() => {});
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
    this.#machine = new ClientConnection(machineOptions(options), 0);
    this.#socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('connect', () => this.#turn());
    this.#socket.on('data', (chunk) => {
      this.#machine.handle({ type: 'bytes', chunk }, 0);
      this.#turn();
    });
    // 'close' follows.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#machine.handle({ type: 'closed' }, 0);
      this.#turn();
    });
  }

  /** @throws {LineLost} when the server refuses, with its reason code, or the line breaks */
  static async connect(options: DeviceOptions): Promise<Device & { readonly connack: ConnackPacket }> {
    const device = new Device(options);
    const connack = await device.#await<ConnackPacket>((welcome) => {
      device.#welcome = welcome;
    });
    return Object.assign(device, { connack });
  }

  /** Answers the reason codes of SUBACK. */
  subscribe(filters: readonly string[], qos: 0 | 1 | 2 = 1): Promise<readonly number[]> {
    return this.#await((token) => {
      const subscriptions = filters.map((filter) => ({ filter, qos }));
      this.#machine.handle({ type: 'subscribe', subscriptions, token }, 0);
    });
  }

  /** Resolves when it is acknowledged; QoS 0 at once. */
  publish(topic: string, payload: Uint8Array, qos: 0 | 1 | 2 = 1): Promise<Answer> {
    if (qos === 0) {
      this.#machine.handle({ type: 'publish', topic, payload, qos }, 0);
      this.#turn();
      return Promise.resolve({ reasonCode: 0, reason: undefined, properties: {} });
    }
    return this.#await((token) => this.#machine.handle({ type: 'publish', topic, payload, qos, token }, 0));
  }

  /** Reads nothing any more: its line fills up. */
  freeze(): void {
    this.#socket.pause();
  }

  /** Says goodbye, and waits for the end of the line. */
  async leave(): Promise<void> {
    this.#machine.handle({ type: 'disconnect' }, 0);
    this.#turn();
    await this.ended;
  }

  /** Breaks the line without a word. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }

  #await<T>(ask: (awaiting: Awaiting<T>) => void): Promise<T> {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise<T>((resolve, reject) => {
      const awaiting = { resolve, reject };
      this.#awaiting.add(awaiting as Awaiting<never>);
      ask(awaiting);
      this.#turn();
    });
  }

  #settle<T>(token: unknown, value: T): void {
    if (!this.#awaiting.delete(token as Awaiting<never>)) return;
    (token as Awaiting<T>).resolve(value);
  }

  #turn(): void {
    for (let effect = this.#machine.nextEffect(); effect; effect = this.#machine.nextEffect())
      this.#apply(effect);
    if (this.#flushing) return;
    this.#flushing = true;
    // All that is said in one turn leaves in one piece.
    queueMicrotask(() => {
      this.#flushing = false;
      const output = this.#machine.takeOutput();
      if (output && this.#socket.writable) this.#socket.write(output);
    });
  }

  #apply(effect: ClientEffect): void {
    switch (effect.type) {
      case 'connack':
        this.#settle(this.#welcome, effect.packet);
        break;
      case 'message':
        this.#onMessage(effect.packet);
        if (effect.packet.qos > 0) {
          this.#machine.handle({ type: 'acknowledge', packetId: effect.packet.packetId, reasonCode: 0 }, 0);
        }
        break;
      case 'acknowledged': {
        const { reasonCode, reason, userProperties = [] } = effect;
        this.#settle(effect.token, { reasonCode, reason, properties: Object.fromEntries(userProperties) });
        break;
      }
      case 'subscribed':
        this.#settle(effect.token, effect.reasonCodes);
        break;
      case 'unsubscribed':
        break;
      case 'close':
        this.#end(effect);
        break;
      default:
        effect satisfies never;
    }
  }

  #end(close: ClientCloseEffect): void {
    this.#lost = new LineLost(close);
    for (const { reject } of this.#awaiting) reject(this.#lost);
    this.#awaiting.clear();
    const output = this.#machine.takeOutput();
    if (output && this.#socket.writable) this.#socket.end(output);
    else this.#socket.destroy();
    this.#tellEnd(close);
  }
}

let unnamed = 0;

function machineOptions(options: DeviceOptions) {
  unnamed += 1;
  return {
    version: options.version ?? 5,
    clientId: options.clientId ?? `device-${unnamed}`,
    cleanStart: options.cleanStart ?? true,
    sessionExpiryS: options.sessionExpiryS ?? 0,
    receiveMaximum: options.receiveMaximum ?? 64,
    username: options.user,
    password: Buffer.from(options.token),
    keepAliveS: 0,
    responseTimeoutMs: 30_000,
    maxPacketSize: 1 << 20,
    maxQueued: 100_000,
    ...(options.will && { will: options.will }),
    slabPool,
  } as const;
}
