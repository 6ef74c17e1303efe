import type Paho from 'paho-mqtt';
import { ArticleClient } from './article-client.ts';
import type { Line } from './line.ts';
import { newMessageId } from './outbox.ts';
import type { Identity } from './person.ts';
import type { Wire } from './wire.ts';

/** Whether what is shown is the present (S6). */
export type Status =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'catching up' }
  | { readonly kind: 'current' }
  | { readonly kind: 'offline'; readonly since: number; readonly retryAt: number };

export interface ConnectionHandlers {
  /** @param name the last level of the topic */
  onMessage(name: string, payload: Uint8Array): void;
  onStatus(status: Status): void;
  /** Fetches what was missed. */
  catchUp(): Promise<void>;
  /** Connected again, and all that was missed is here. */
  onCurrent(): void;
}

const firstRetryMs = 500;
const longestRetryMs = 10_000;

/** Keeps one Paho client connected: again after each loss, and current before it says so. */
export class Connection {
  readonly client: ArticleClient;
  readonly #identity: Identity;
  readonly #line: Line;
  readonly #handlers: ConnectionHandlers;
  #status: Status = { kind: 'connecting' };
  #attempt = 0;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #catchingUp: Promise<void> = Promise.resolve();

  constructor(identity: Identity, line: Line, wire: Wire, handlers: ConnectionHandlers) {
    this.#identity = identity;
    this.#line = line;
    this.#handlers = handlers;
    const clientId = `paho-${newMessageId(Date.now())}`;
    const port = Number(location.port) || (location.protocol === 'https:' ? 443 : 80);
    this.client = new ArticleClient(location.hostname, port, clientId, identity.id, {
      onConnectionLost: (error: Paho.MQTTError) => {
        wire.callback(identity, 'onConnectionLost', error.errorMessage);
        this.#goOffline();
      },
      onMessageArrived: ({ destinationName, payloadBytes }) => {
        wire.callback(identity, 'onMessageArrived', destinationName);
        handlers.onMessage(destinationName.split('/').at(-1)!, payloadBytes as Uint8Array);
      },
      onMessageDelivered: ({ destinationName }) =>
        wire.callback(identity, 'onMessageDelivered', destinationName),
    });
    line.subscribe(() => {
      if (!line.isCut && this.#status.kind === 'offline') this.start();
    });
  }

  async start(): Promise<void> {
    clearTimeout(this.#retry);
    const attempt = ++this.#attempt;
    this.#enter({ kind: 'connecting' });
    try {
      // Still connected where only a call has failed.
      if (!this.client.connected) await this.#line.over(() => this.client.connect(this.#identity.token));
      await this.client.subscribe();
      await this.#catchUp();
      this.#failures = 0;
      this.#handlers.onCurrent();
    } catch {
      if (attempt === this.#attempt) this.#goOffline();
    }
  }

  /** Something is missing though the connection stands: fetches it. */
  repair(): void {
    if (this.#status.kind === 'current') this.#catchUp().catch(() => this.#goOffline());
  }

  /**
   * S1: after SUBACK, so that whatever is stored from now on arrives by itself. One at a time: another waits for the one
   * that is under way, which may still be that of a lost connection.
   */
  #catchUp(): Promise<void> {
    this.#enter({ kind: 'catching up' });
    this.#catchingUp = this.#catchingUp
      .catch(() => {})
      .then(() => this.#handlers.catchUp())
      .then(() => {
        if (this.client.connected) this.#enter({ kind: 'current' });
      });
    return this.#catchingUp;
  }

  /** Tries again after a time that doubles with each failure, half of it random. */
  #goOffline(): void {
    const longest = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures++);
    const delayMs = longest / 2 + (Math.random() * longest) / 2;
    const now = Date.now();
    const since = this.#status.kind === 'offline' ? this.#status.since : now;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.start(), delayMs);
    this.#enter({ kind: 'offline', since, retryAt: now + delayMs });
  }

  #enter(status: Status): void {
    this.#status = status;
    this.#handlers.onStatus(status);
  }
}
