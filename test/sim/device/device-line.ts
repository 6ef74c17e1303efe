import { ClientConnection, type ClientEffect, type ClientInput, FIRST_FAILURE } from '@skein/mqtt';
import { limits, type OutName, outTopic, type UserId } from '@skein/protocol';
import type { Agenda } from '../agenda.ts';
import type { Direction, Notice, Wire } from '../network.ts';

const keepAliveS = 30;
const responseTimeoutMs = 10_000;
const encoder = new TextEncoder();

export interface DeviceLineOptions {
  readonly agenda: Agenda;
  readonly wire: Wire;
  readonly userId: UserId;
  readonly clientId: string;
  readonly version: 4 | 5;
  /** Seconds for which the server keeps the session of an absent client; 0: a clean start each time. */
  readonly sessionExpiryS: number;
  readonly token: string;
}

type Acknowledged = Extract<ClientEffect, { type: 'acknowledged' }>;

export interface DeviceLineListener {
  /** @param epoch of the server's store, where CONNACK says it */
  accepted(epoch: string | undefined): void;
  subscribed(): void;
  /** Call `settle` once it is stored. */
  message(topic: string, payload: Uint8Array, settle: () => void): void;
  acknowledged(answer: Acknowledged): void;
  closed(): void;
}

/** The client's end of a connection: the real MQTT machine, from CONNECT to the end. */
export class DeviceLine {
  readonly #options: DeviceLineOptions;
  readonly #listener: DeviceLineListener;
  readonly #machine: ClientConnection;
  readonly #wire: Wire;
  #ended = false;
  #cancelTick: () => void = () => {};
  #tickAt: number | undefined;

  constructor(options: DeviceLineOptions, listener: DeviceLineListener) {
    this.#options = options;
    this.#listener = listener;
    this.#wire = options.wire;
    const { userId, clientId, version, sessionExpiryS, token, agenda } = options;
    this.#machine = new ClientConnection(
      {
        version,
        clientId,
        cleanStart: sessionExpiryS === 0,
        ...(version === 5 && sessionExpiryS > 0 && { sessionExpiryS }),
        // What it acknowledges is not yet on its disk: its receipts say what is.
        ...(version === 5 && { userProperties: [['receipts', '1'] as const] }),
        keepAliveS,
        responseTimeoutMs,
        maxPacketSize: limits.maxPacketBytes,
        receiveMaximum: limits.receiveMaximum,
        maxQueued: 1_000,
        username: userId,
        password: encoder.encode(token),
        topicAliases: true,
      },
      agenda.now,
    );
    this.#wire.clientClosed = () => this.#end();
    this.#wire.down.arrived = (chunk) => this.#handle({ type: 'bytes', chunk });
    this.#pump();
  }

  publish(name: OutName, payload: Uint8Array, qos: 0 | 1, token: number): void {
    const topic = outTopic(this.#options.userId, name);
    this.#handle({ type: 'publish', topic, payload, qos, token });
  }

  /** The page is gone, or the phone is asleep for good: nobody takes leave. */
  abandon(notice: Notice): void {
    this.#ended = true;
    this.#cancelTick();
    this.#wire.cut(notice);
  }

  close(): void {
    if (this.#ended) return;
    this.#handle({ type: 'disconnect' });
    this.#ended = true;
    this.#wire.hangUp();
  }

  cut(notice: Notice): void {
    this.#wire.cut(notice);
  }

  stall(direction: Direction, untilMs: number): void {
    this.#wire[direction].stall(untilMs);
  }

  /** The line breaks when the next bytes are written in this direction. */
  cutAtNext(direction: Direction, notice: Notice): void {
    this.#wire[direction].trap = () => this.#wire.cut(notice);
  }

  /** A frozen page reads nothing. */
  freeze(): void {
    this.#wire.down.pause();
    this.#cancelTick();
    this.#tickAt = undefined;
  }

  thaw(): void {
    this.#wire.down.resume();
    this.#handle({ type: 'tick' });
  }

  #handle(input: ClientInput): void {
    if (this.#ended) return;
    this.#machine.handle(input, this.#options.agenda.now);
    this.#pump();
  }

  #pump(): void {
    const machine = this.#machine;
    for (let effect = machine.nextEffect(); effect && !this.#ended; effect = machine.nextEffect())
      this.#apply(effect);
    const output = machine.takeOutput();
    if (output) this.#wire.up.write(output);
    if (!this.#ended) this.#setTick(machine.deadline());
  }

  #setTick(deadline: number | undefined): void {
    // One that comes too early finds nothing to do and sets the next.
    if (deadline === undefined || (this.#tickAt !== undefined && this.#tickAt <= deadline)) return;
    this.#cancelTick();
    this.#tickAt = deadline;
    this.#cancelTick = this.#options.agenda.at(deadline, () => {
      this.#tickAt = undefined;
      this.#handle({ type: 'tick' });
    });
  }

  #apply(effect: ClientEffect): void {
    switch (effect.type) {
      case 'connack': {
        this.#listener.accepted(new Map(effect.packet.userProperties).get('epoch'));
        const filter = `skein/v1/${this.#options.userId}/in/#`;
        this.#machine.handle(
          { type: 'subscribe', subscriptions: [{ filter, qos: 1 }] },
          this.#options.agenda.now,
        );
        break;
      }
      case 'subscribed':
        if (effect.reasonCodes[0]! < FIRST_FAILURE) this.#listener.subscribed();
        else this.#end();
        break;
      case 'unsubscribed':
        break;
      case 'message': {
        const { topic, payload, qos, packetId } = effect.packet;
        const settle = () => {
          if (qos > 0) this.#handle({ type: 'acknowledge', packetId, reasonCode: 0 });
        };
        this.#listener.message(topic, payload, settle);
        break;
      }
      case 'acknowledged':
        this.#listener.acknowledged(effect);
        break;
      case 'close':
        this.#end();
        break;
      default:
        effect satisfies never;
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#machine.handle({ type: 'closed' }, this.#options.agenda.now);
    const output = this.#machine.takeOutput();
    if (output) this.#wire.up.write(output);
    this.#ended = true;
    this.#cancelTick();
    this.#wire.hangUp();
    this.#listener.closed();
  }
}
