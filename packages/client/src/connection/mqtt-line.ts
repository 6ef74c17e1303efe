import {
  ClientConnection,
  type ClientEffect,
  type ConnackPacket,
  FIRST_FAILURE,
  type UserProperty,
} from '@skein/mqtt';
import { type InName, inFilter, inNames, limits, type OutName, outTopic, type UserId } from '@skein/protocol';
import { Alarm } from '../device/alarm.ts';
import type { Clock } from '../device/clock.ts';
import type { Line, OpenLine } from '../line/line.ts';
import type { Token } from './token.ts';

/** Shorter than what routers and proxies on the way forget a silent connection after. */
const keepAliveS = 30;

/** Slow mobile networks take seconds for a round trip; a person waits no longer. */
const responseTimeoutMs = 10_000;

/** Typing and receipts may wait besides sends; the core keeps fewer sends than this on the way. */
const maxQueued = 1_000;

export interface MqttLineOptions {
  readonly url: URL;
  readonly openLine: OpenLine;
  readonly clock: Clock;
  readonly version: 4 | 5;
  readonly clientId: string;
  readonly token: Token;
}

/** PUBACK's answer to a publish. */
export interface Acknowledged {
  readonly token: number;
  readonly reasonCode: number;
  readonly reason?: string;
  readonly userProperties?: readonly UserProperty[];
}

export interface MqttLineListener {
  accepted(connack: ConnackPacket): void;
  subscribed(): void;
  /** Call `settle` once it is stored. */
  message(name: InName, payload: Uint8Array, settle: () => void): void;
  acknowledged(answer: Acknowledged): void;
  closed(ending: Ending): void;
}

/** How a connection ended; `refused`: CONNACK or SUBACK said no. */
export interface Ending {
  readonly cause: 'refused' | 'server' | 'protocol' | 'timeout' | 'transport';
  readonly reasonCode: number;
  readonly reason: string;
  /** How far it had come: nothing was sent, CONNECT was sent, or CONNACK had come. */
  readonly reached: 'nothing' | 'open' | 'accepted';
}

/** One network connection: the MQTT machine between a line and the listener, from CONNECT to its end. */
export class MqttLine {
  readonly #listener: MqttLineListener;
  readonly #userId: UserId;
  readonly #clock: Clock;
  readonly #machine: ClientConnection;
  readonly #line: Line;
  readonly #alarm: Alarm;
  #reached: Ending['reached'] = 'nothing';
  #ended = false;

  constructor(options: MqttLineOptions, listener: MqttLineListener) {
    const { clock, clientId, version, token } = options;
    this.#listener = listener;
    this.#clock = clock;
    this.#userId = token.userId;
    this.#alarm = new Alarm(clock, () => this.#handle({ type: 'tick' }));
    this.#machine = new ClientConnection(
      {
        version,
        clientId,
        // Positions say what was missed, so that the server need not keep anything for an absent client.
        cleanStart: true,
        keepAliveS,
        responseTimeoutMs,
        maxPacketSize: limits.maxPacketBytes,
        receiveMaximum: limits.receiveMaximum,
        maxQueued,
        username: token.userId,
        password: new TextEncoder().encode(token.text),
        topicAliases: true,
        // R2: nothing counts as delivered before a receipt says so.
        userProperties: [['receipts', '1']],
      },
      clock.now(),
    );
    this.#line = options.openLine(options.url, {
      opened: () => {
        this.#reached = 'open';
        this.#pump();
      },
      received: (chunk) => this.#handle({ type: 'bytes', chunk }),
      closed: (reason) => this.#end({ cause: 'transport', reasonCode: 0x80, reason }),
    });
    this.#alarm.set(this.#machine.deadline());
  }

  publish(name: OutName, payload: Uint8Array, qos: 0 | 1, token: number): void {
    this.#handle({ type: 'publish', topic: outTopic(this.#userId, name), payload, qos, token });
  }

  /** Finds out at once whether the line is alive. */
  probe(): void {
    this.#handle({ type: 'tick' });
    this.#handle({ type: 'probe' });
  }

  /** Takes leave of the server. The listener is told nothing more. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#machine.handle({ type: 'disconnect' }, this.#clock.now());
    if (this.#reached !== 'nothing') this.#write();
    this.#release();
  }

  #handle(input: Parameters<ClientConnection['handle']>[0]): void {
    if (this.#ended) return;
    this.#machine.handle(input, this.#clock.now());
    this.#pump();
  }

  #pump(): void {
    for (let effect = this.#machine.nextEffect(); effect && !this.#ended; effect = this.#machine.nextEffect())
      this.#apply(effect);
    if (this.#ended) return;
    if (this.#reached !== 'nothing') this.#write();
    this.#alarm.set(this.#machine.deadline());
  }

  #write(): void {
    for (let bytes = this.#machine.takeOutput(); bytes; bytes = this.#machine.takeOutput())
      this.#line.send(bytes);
  }

  #apply(effect: ClientEffect): void {
    switch (effect.type) {
      case 'connack':
        this.#reached = 'accepted';
        this.#listener.accepted(effect.packet);
        this.#handle({
          type: 'subscribe',
          subscriptions: [{ filter: inFilter(this.#userId), qos: 1 }],
        });
        break;
      case 'subscribed':
        if (effect.reasonCodes[0]! < FIRST_FAILURE) this.#listener.subscribed();
        else {
          const reason = "the server does not grant the subscription to one's own topics";
          this.#end({ cause: 'refused', reasonCode: effect.reasonCodes[0]!, reason });
        }
        break;
      case 'unsubscribed':
        break;
      case 'message':
        this.#receive(effect.packet);
        break;
      case 'acknowledged':
        this.#listener.acknowledged({ ...effect, token: effect.token as number });
        break;
      case 'close':
        if (effect.cause === 'client') break;
        this.#write();
        this.#end({
          cause: effect.cause,
          reasonCode: effect.reasonCode,
          reason:
            effect.reason ?? `the server said ${effect.reasonCode.toString(16)} (hexadecimal) and no more`,
        });
        break;
      default:
        effect satisfies never;
    }
  }

  #receive({ topic, payload, qos, packetId }: Extract<ClientEffect, { type: 'message' }>['packet']): void {
    const name = inNames.find((known) => topic.endsWith(`/in/${known}`));
    const settle = () => {
      if (qos > 0) this.#handle({ type: 'acknowledge', packetId, reasonCode: 0 });
    };
    // A topic of a later version: there is nothing to store.
    if (name === undefined) settle();
    else this.#listener.message(name, payload, settle);
  }

  #end(ending: Omit<Ending, 'reached'>): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release();
    this.#listener.closed({ ...ending, reached: this.#reached });
  }

  #release(): void {
    this.#alarm.set(undefined);
    this.#line.close();
  }
}
