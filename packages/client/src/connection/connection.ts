import type { Millis } from '@skein/chat';
import { ReasonCode } from '@skein/mqtt';
import type { InName, OutName } from '@skein/protocol';
import { Alarm } from '../device/alarm.ts';
import type { Clock } from '../device/clock.ts';
import { asSkeinError, SkeinError } from '../error.ts';
import type { OpenLine } from '../line/line.ts';
import { Backoff } from './backoff.ts';
import { type Acknowledged, type Ending, MqttLine } from './mqtt-line.ts';
import type { ConnectionState } from './state.ts';
import type { Token, Tokens } from './token.ts';
import type { WatchWakes } from './wake.ts';

export interface ConnectionOptions {
  readonly url: URL;
  readonly openLine: OpenLine;
  readonly clock: Clock;
  readonly tokens: Tokens;
  readonly clientId: string;
  readonly watchWakes: WatchWakes;
}

export interface ConnectionListener {
  /** @param epoch of the server's store, where CONNACK names it (MQTT 5) */
  connected(epoch: string | undefined): void;
  /** SUBACK for all of the user's `in/` topics has come (S1). */
  subscribed(): void;
  disconnected(): void;
  /** Call `settle` once it is stored. */
  message(name: InName, payload: Uint8Array, settle: () => void): void;
  acknowledged(answer: Acknowledged): void;
  stateChanged(state: ConnectionState): void;
}

/** A token is replaced this long before it ends, as the server also asks for in a notice. */
const renewBeforeMs: Millis = 60_000;

/** An application that answers the same token again is not asked more often than this. */
const renewPauseMs: Millis = 15_000;

/** So many connections that end without an answer are more than a bad network. */
const unansweredToDoubt = 3;

/** Keeps a line to the server: opens it, finds out when it is dead, and opens the next one. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #listener: ConnectionListener;
  readonly #backoff = new Backoff();
  readonly #retry: Alarm;
  readonly #renewal: Alarm;
  #state: ConnectionState;
  #line: MqttLine | undefined;
  /** Stands for the attempt under way: what an older one brings is not used. */
  #attempt = 0;
  #version: 4 | 5 = 5;
  /** Connections in a row that ended without an answer to CONNECT. */
  #unanswered = 0;
  #token: Token | undefined;
  #unwatch: () => void = () => {};

  constructor(options: ConnectionOptions, listener: ConnectionListener) {
    this.#options = options;
    this.#listener = listener;
    const { clock } = options;
    this.#retry = new Alarm(clock, () => this.#connect());
    this.#renewal = new Alarm(clock, () => this.renewToken());
    this.#state = { name: 'connecting', since: clock.now() };
  }

  get state(): ConnectionState {
    return this.#state;
  }

  start(): void {
    this.#unwatch = this.#options.watchWakes(() => this.wake());
    this.#connect();
  }

  /** False: there is no connection, and nothing was done. */
  publish(name: OutName, payload: Uint8Array, qos: 0 | 1, token: number): boolean {
    if (this.#state.name !== 'online') return false;
    this.#line!.publish(name, payload, qos, token);
    return true;
  }

  /** The device may have slept: does not wait for the next attempt, and asks whether the line is alive. */
  wake(): void {
    if (this.#state.name === 'waiting') this.#connect();
    else this.#line?.probe();
  }

  /** Fetches another token, and connects with it. */
  renewToken(): void {
    const { tokens, clock } = this.#options;
    if (this.#state.name !== 'online') return;
    const line = this.#line;
    this.#renewal.set(clock.now() + renewPauseMs);
    tokens.renew().then(
      (token) => {
        if (this.#line !== line || token.text === this.#token?.text) return;
        this.#drop();
        this.#connect();
      },
      // The next try is set already; and if the token ends, so does the line, and that is told.
      () => {},
    );
  }

  /** Takes leave of the server; nothing runs any more. */
  close(): void {
    if (this.#state.name === 'closed') return;
    this.#unwatch();
    this.#retry.set(undefined);
    this.#drop();
    this.#attempt += 1;
    this.#become({ name: 'closed', since: this.#options.clock.now() });
  }

  #connect(): void {
    this.#retry.set(undefined);
    const attempt = ++this.#attempt;
    this.#become({ name: 'connecting', since: this.#options.clock.now() });
    this.#options.tokens.get().then(
      (token) => {
        if (attempt === this.#attempt) this.#open(token);
      },
      (error) => {
        if (attempt !== this.#attempt) return;
        this.#wait(asSkeinError(error, 'UNAUTHENTICATED', 'the application gave no token: see the cause'));
      },
    );
  }

  #open(token: Token): void {
    const { clock } = this.#options;
    this.#token = token;
    this.#line = new MqttLine(
      { ...this.#options, version: this.#version, token },
      {
        accepted: ({ userProperties = [] }) =>
          this.#listener.connected(userProperties.find(([name]) => name === 'epoch')?.[1]),
        subscribed: () => {
          this.#backoff.reset();
          this.#unanswered = 0;
          this.#renewal.set(Math.max(token.expiresAt - renewBeforeMs, clock.now() + renewPauseMs));
          this.#become({ name: 'online', since: clock.now(), mqttVersion: this.#version });
          this.#listener.subscribed();
        },
        message: (name, payload, settle) => this.#listener.message(name, payload, settle),
        acknowledged: (answer) => this.#listener.acknowledged(answer),
        closed: (ending) => this.#ended(ending, token),
      },
    );
  }

  #ended(ending: Ending, token: Token): void {
    this.#drop();
    const { cause, reasonCode, reason } = ending;
    const refusesToken = isAboutTheToken(reasonCode) && (cause === 'refused' || cause === 'server');
    if (refusesToken) this.#options.tokens.refuse(token);
    if (this.#speaksAnother(ending)) {
      this.#version = this.#version === 5 ? 4 : 5;
      if (cause === 'refused' || cause === 'protocol') {
        this.#connect();
        return;
      }
    }
    this.#wait(new SkeinError(refusesToken ? 'UNAUTHENTICATED' : 'OFFLINE', `the line ended: ${reason}`));
  }

  /** Whether the server may not know this version of MQTT: some say so, some answer what is no CONNACK, some just close. */
  #speaksAnother({ cause, reasonCode, reached }: Ending): boolean {
    if (reached !== 'open') return false;
    this.#unanswered += 1;
    if (cause === 'transport') return this.#unanswered % unansweredToDoubt === 0;
    if (this.#version === 4) return false;
    return cause === 'protocol' || reasonCode === ReasonCode.unsupportedProtocolVersion;
  }

  #wait(reason: SkeinError): void {
    const { clock } = this.#options;
    const now = clock.now();
    const retryAt = now + this.#backoff.next(clock.random());
    this.#become({ name: 'waiting', since: now, retryAt, reason });
    this.#retry.set(retryAt);
  }

  /** Ends the line, if there is one. */
  #drop(): void {
    const line = this.#line;
    if (line === undefined) return;
    this.#line = undefined;
    this.#renewal.set(undefined);
    line.close();
    this.#listener.disconnected();
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#listener.stateChanged(state);
  }
}

function isAboutTheToken(reasonCode: number): boolean {
  return reasonCode === ReasonCode.notAuthorized || reasonCode === ReasonCode.badUserNameOrPassword;
}
