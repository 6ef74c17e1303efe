import {
  ClientConnection,
  type ClientEffect,
  type ClientInput,
  type ClientSession,
  FIRST_FAILURE,
} from '@skein/mqtt';
import { limits } from '@skein/protocol';
import { WebSocket } from 'ws';
import { SetupProblem, systemCode } from '../../config/problem.ts';

export interface LineOptions {
  /** `http://...` of the server. */
  readonly url: string;
  readonly userId: string;
  readonly clientId: string;
  /** Asked for at each connect, so that it is fresh. */
  readonly token: () => Promise<string>;
  readonly filters: readonly string[];
  /** The subscriptions stand: what is published from now on arrives (S1). */
  readonly onOpen: () => void;
  readonly onMessage: (topic: string, payload: Uint8Array) => void;
  /** The line is lost and will be made again. */
  readonly onLost: () => void;
  /** There is no use in trying again. */
  readonly onRefused: (problem: SetupProblem) => void;
}

/** What became of a publish. */
export interface Published {
  readonly accepted: boolean;
  readonly reason: string | undefined;
  /** What the server says of the stored entry: `seq`, `message-id` and others. */
  readonly facts: ReadonlyMap<string, string>;
}

type CloseEffect = Extract<ClientEffect, { type: 'close' }>;

const firstRetryMs = 250;
const longestRetryMs = 10_000;

/** A client's line to the server, MQTT 5 over WebSocket: made again when it breaks, with what is unacknowledged sent again. */
export class Line {
  private readonly options: LineOptions;
  private connection: ClientConnection;
  private socket: WebSocket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private retryMs = firstRetryMs;
  private wasOpen = false;
  /** What the system said of the last socket. */
  private trouble = 'no answer';
  private ended = false;

  constructor(options: LineOptions) {
    this.options = options;
    this.connection = this.newConnection('', undefined);
  }

  async connect(): Promise<void> {
    const token = await this.options.token();
    if (this.ended) return;
    const connection = this.newConnection(token, this.connection.session());
    const socket = new WebSocket(`${this.options.url.replace(/^http/, 'ws')}/mqtt`, ['mqtt'], {
      perMessageDeflate: false,
      handshakeTimeout: limits.connectTimeoutMs,
      maxPayload: limits.maxPacketBytes,
    });
    this.connection = connection;
    this.socket = socket;
    const handle = (input: ClientInput) => {
      connection.handle(input, Date.now());
      // A socket that took long to close has nothing more to say.
      if (connection === this.connection) this.pump();
    };
    socket.on('open', () => this.pump());
    socket.on('message', (chunk: Buffer) => handle({ type: 'bytes', chunk }));
    // Always followed by 'close'.
    socket.on('error', (error) => {
      this.trouble = systemCode(error) ?? error.message;
    });
    socket.on('close', () => handle({ type: 'closed' }));
  }

  /** Resolves once the server has said what became of it, over however many lines. */
  publish(topic: string, payload: Uint8Array): Promise<Published> {
    return new Promise((resolve) => {
      this.connection.handle({ type: 'publish', topic, payload, qos: 1, token: resolve }, Date.now());
      this.pump();
    });
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.connection.handle({ type: 'disconnect' }, Date.now());
    this.pump();
  }

  private newConnection(token: string, session: ClientSession | undefined): ClientConnection {
    const { userId, clientId } = this.options;
    const options = {
      version: 5,
      clientId,
      cleanStart: true,
      keepAliveS: 30,
      responseTimeoutMs: limits.connectTimeoutMs,
      maxPacketSize: limits.maxPacketBytes,
      receiveMaximum: limits.receiveMaximum,
      maxQueued: limits.maxQueuedSends,
      username: userId,
      password: new TextEncoder().encode(token),
    } as const;
    return new ClientConnection(options, Date.now(), session);
  }

  private pump(): void {
    let close: CloseEffect | undefined;
    for (let effect = this.connection.nextEffect(); effect; effect = this.connection.nextEffect()) {
      if (effect.type === 'close') close = effect;
      else this.carryOut(effect);
    }
    const output = this.socket?.readyState === WebSocket.OPEN ? this.connection.takeOutput() : undefined;
    if (output) this.socket?.send(output);
    if (close) this.closed(close);
    else this.setTimer();
  }

  private setTimer(): void {
    const deadline = this.connection.deadline();
    if (deadline === undefined) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.connection.handle({ type: 'tick' }, Date.now());
      this.pump();
    }, deadline - Date.now());
  }

  private carryOut(effect: Exclude<ClientEffect, CloseEffect>): void {
    switch (effect.type) {
      case 'connack': {
        const subscriptions = this.options.filters.map((filter) => ({ filter, qos: 1 as const }));
        this.connection.handle({ type: 'subscribe', subscriptions }, Date.now());
        break;
      }
      case 'subscribed':
        this.wasOpen = true;
        this.retryMs = firstRetryMs;
        this.options.onOpen();
        break;
      case 'message': {
        const { topic, payload, qos, packetId } = effect.packet;
        this.options.onMessage(topic, payload);
        if (qos > 0 && packetId !== undefined) {
          this.connection.handle({ type: 'acknowledge', packetId, reasonCode: 0 }, Date.now());
        }
        break;
      }
      case 'acknowledged': {
        const { token, reasonCode, reason, userProperties = [] } = effect;
        const resolve = token as (published: Published) => void;
        resolve({ accepted: reasonCode < FIRST_FAILURE, reason, facts: new Map(userProperties) });
        break;
      }
      case 'unsubscribed':
        break;
      default:
        effect satisfies never;
    }
  }

  private closed({ cause, reason = this.trouble }: CloseEffect): void {
    this.socket?.close();
    if (this.ended || cause === 'client') return;
    const { url } = this.options;
    if (cause === 'refused') {
      this.options.onRefused(new SetupProblem(`${url} does not let this user in: ${reason}`));
    } else if (!this.wasOpen) {
      this.options.onRefused(
        new SetupProblem(`cannot reach ${url} (${reason}): is "skein serve" running there?`),
      );
    } else {
      this.options.onLost();
      clearTimeout(this.timer);
      // Somewhat at random, so that the clients of a server that comes back do not come all at once.
      this.timer = setTimeout(() => void this.connect(), this.retryMs * (0.5 + Math.random()));
      this.retryMs = Math.min(this.retryMs * 2, longestRetryMs);
    }
  }
}
