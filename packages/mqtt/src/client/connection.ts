import type { ConnackPacket } from '../codec/connack.ts';
import type { ConnectPacket } from '../codec/connect.ts';
import type { DisconnectPacket } from '../codec/disconnect.ts';
import type { Packet, PacketOf, PacketType } from '../codec/packet.ts';
import { PacketReader } from '../codec/reader.ts';
import { PacketWriter } from '../codec/writer.ts';
import { MqttError, protocolError } from '../error.ts';
import type { Millis } from '../millis.ts';
import { ReasonCode, reasonCodeOf } from '../reason-codes.ts';
import { Fifo } from '../session/fifo.ts';
import { ReceiveWindow } from '../session/receive-window.ts';
import { TopicAliases } from '../session/topic-aliases.ts';
import { type ClientSession, Publishing } from './publishing.ts';
import type { ClientCloseCause, ClientConnectionOptions, ClientEffect, ClientInput } from './surface.ts';

type State =
  | { readonly name: 'connecting' }
  | { readonly name: 'open'; readonly keepAliveMs: Millis }
  | { readonly name: 'closed' };

/** A server of 3.1.1 cannot be told how many messages we take. */
const UNTOLD_RECEIVE_MAXIMUM = 0xffff;

/** The client's side of one network connection, for MQTT 3.1.1 and 5. Its CONNECT is in the output from the start. */
export class ClientConnection {
  readonly #options: ClientConnectionOptions;
  readonly #reader: PacketReader;
  readonly #writer: PacketWriter;
  readonly #effects = new Fifo<ClientEffect>();
  readonly #publishing: Publishing;
  /** Packet ids of SUBSCRIBE and UNSUBSCRIBE that are not answered, with what they asked for. */
  readonly #asked = new Map<number, { readonly token: unknown; readonly count: number }>();
  readonly #aliases = new TopicAliases(0);
  #receiving: ReceiveWindow;
  #state: State = { name: 'connecting' };
  #heardAt: Millis;
  #sentAt: Millis;
  #pingedAt: Millis | undefined;

  /** @param session what `session()` of the connection before gave */
  constructor(options: ClientConnectionOptions, now: Millis, session?: ClientSession) {
    const { version, maxPacketSize, puback64 = false } = options;
    this.#options = options;
    this.#reader = new PacketReader({ role: 'client', version, maxPacketSize, puback64 });
    this.#writer = new PacketWriter(options.slabPool);
    this.#publishing = new Publishing(options, session, this.#writer, this.#effects);
    this.#receiving = this.#newReceiving(session?.received ?? []);
    this.#heardAt = now;
    this.#sentAt = now;
    this.#writer.write(connectPacket(options), version);
  }

  /** To be passed to the next connection, so that what is unacknowledged is sent again, with DUP and its packet id. */
  session(): ClientSession {
    const { inflight, waiting } = this.#publishing;
    return { inflight, waiting, received: this.#receiving.received() };
  }

  /** Publishes with QoS 1 and 2 that the server takes now. */
  get credit(): number {
    return this.#state.name === 'open' ? this.#publishing.sending.credit : 0;
  }

  nextEffect(): ClientEffect | undefined {
    return this.#effects.shift();
  }

  /** All bytes to write since the last call, if any. */
  takeOutput(): Uint8Array | undefined {
    return this.#writer.take();
  }

  /** When to send a tick at the latest, if at all. */
  deadline(): Millis | undefined {
    switch (this.#state.name) {
      case 'connecting':
        return this.#sentAt + this.#options.responseTimeoutMs;
      case 'open':
        if (this.#pingedAt !== undefined) return this.#pingedAt + this.#options.responseTimeoutMs;
        if (this.#state.keepAliveMs === 0) return undefined;
        // Silence of the server, too, is found out: a line can be dead in one direction.
        return Math.min(this.#heardAt, this.#sentAt) + this.#state.keepAliveMs;
      case 'closed':
        return undefined;
      default:
        return this.#state satisfies never;
    }
  }

  /** The only way in. Once closed, only `publish` has an effect: it waits in the session. Throws `MqttError` only for what cannot be encoded. */
  handle(input: ClientInput, now: Millis): void {
    if (this.#state.name === 'closed' && input.type !== 'publish') return;
    const before = this.#writer.length;
    try {
      this.#handle(input, now);
    } catch (error) {
      if (!(error instanceof MqttError) || error.code === 'not-encodable') throw error;
      this.#disconnect('protocol', { type: 'disconnect', reasonCode: error.reasonCode }, error.message);
    }
    if (this.#writer.length > before && this.#state.name === 'open') this.#sentAt = now;
  }

  #handle(input: ClientInput, now: Millis): void {
    switch (input.type) {
      case 'bytes':
        this.#read(input.chunk, now);
        break;
      case 'publish':
        this.#publishing.publish(input);
        break;
      case 'acknowledge':
        this.#receiving.settle(input);
        break;
      case 'subscribe': {
        const packetId = this.#ask(input.type, input.token, input.subscriptions.length);
        this.#send({ type: 'subscribe', packetId, subscriptions: input.subscriptions });
        break;
      }
      case 'unsubscribe': {
        const packetId = this.#ask(input.type, input.token, input.filters.length);
        this.#send({ type: 'unsubscribe', packetId, filters: input.filters });
        break;
      }
      case 'tick':
        this.#tick(now);
        break;
      case 'probe':
        if (this.#state.name === 'open' && this.#pingedAt === undefined) this.#ping(now);
        break;
      case 'disconnect': {
        const { reasonCode = ReasonCode.success, sessionExpiryS } = input;
        this.#disconnect('client', {
          type: 'disconnect',
          reasonCode,
          ...(sessionExpiryS !== undefined && { sessionExpiryS }),
        });
        break;
      }
      case 'closed':
        this.#close('transport', ReasonCode.unspecifiedError);
        break;
      default:
        input satisfies never;
    }
  }

  #read(chunk: Uint8Array, now: Millis): void {
    this.#reader.push(chunk);
    while (this.#state.name !== 'closed') {
      const packet = this.#reader.next();
      if (packet === undefined) return;
      this.#heardAt = now;
      this.#pingedAt = undefined;
      if (this.#state.name === 'open') {
        // The table has a handler of this type for each type; the compiler cannot see that across the union.
        (this.#handlers[packet.type] as (packet: Packet) => void)(packet);
      } else if (packet.type === 'connack') {
        this.#connack(packet, now);
      } else {
        protocolError('the first packet of the server is not CONNACK [MQTT-3.2.0-1]');
      }
    }
  }

  /** What an open connection does with each packet. */
  readonly #handlers: { readonly [T in PacketType]: (packet: PacketOf<T>) => void } = {
    connect: notFromServer,
    connack: () => protocolError('a second CONNACK [MQTT-3.2.0-2]'),
    publish: (packet) => {
      const resolved = this.#aliases.resolve(packet);
      if (resolved.qos === 0 || this.#receiving.arrive(resolved))
        this.#effects.push({ type: 'message', packet: resolved });
    },
    puback: (packet) => this.#publishing.puback(packet),
    pubrec: (packet) => this.#publishing.pubrec(packet),
    pubrel: ({ packetId }) => this.#receiving.release(packetId),
    pubcomp: ({ packetId }) => this.#publishing.pubcomp(packetId),
    subscribe: notFromServer,
    suback: ({ packetId, reasonCodes }) => {
      const asked = this.#answered(packetId);
      if (asked.count !== reasonCodes.length)
        protocolError('SUBACK does not answer each subscription [MQTT-3.8.4-6]');
      this.#effects.push({ type: 'subscribed', token: asked.token, reasonCodes });
    },
    unsubscribe: notFromServer,
    unsuback: ({ packetId, reasonCodes }) => {
      this.#effects.push({ type: 'unsubscribed', token: this.#answered(packetId).token, reasonCodes });
    },
    pingreq: notFromServer,
    pingresp: () => {},
    disconnect: ({ reasonCode, reason }) => this.#close('server', reasonCode, reason),
    auth: () => protocolError('AUTH without an authentication method in CONNECT [MQTT-4.12.0-6]'),
  };

  #connack(packet: ConnackPacket, now: Millis): void {
    if (packet.reasonCode !== ReasonCode.success) {
      const { reasonCode, reason } = packet;
      this.#close('refused', this.#options.version === 5 ? reasonCode : reasonCodeOf(reasonCode), reason);
      return;
    }
    if (packet.sessionPresent && this.#options.cleanStart) {
      protocolError('the server has a session, though a clean start was asked for [MQTT-3.2.2-2]');
    }
    this.#writer.maxPacketSize = packet.maximumPacketSize ?? Number.POSITIVE_INFINITY;
    if (!packet.sessionPresent) this.#receiving = this.#newReceiving([]);
    this.#state = { name: 'open', keepAliveMs: (packet.serverKeepAliveS ?? this.#options.keepAliveS) * 1000 };
    this.#sentAt = now;
    this.#effects.push({ type: 'connack', packet });
    this.#publishing.connected(packet);
  }

  #newReceiving(received: readonly number[]): ReceiveWindow {
    const { version, receiveMaximum } = this.#options;
    const limit = version === 5 ? receiveMaximum : UNTOLD_RECEIVE_MAXIMUM;
    return new ReceiveWindow({ version, limit, received, answer: (packet) => this.#send(packet) });
  }

  #ask(input: ClientInput['type'], token: unknown, count: number): number {
    if (this.#state.name !== 'open')
      throw new Error(`"${input}" before CONNACK; wait for the effect "connack"`);
    const packetId = this.#publishing.sending.reserve();
    this.#asked.set(packetId, { token, count });
    return packetId;
  }

  #answered(packetId: number): { readonly token: unknown; readonly count: number } {
    const asked = this.#asked.get(packetId);
    if (asked === undefined)
      return protocolError(`an answer to packet ${packetId}, which asked for nothing (3.9, 3.11)`);
    this.#asked.delete(packetId);
    this.#publishing.sending.free(packetId);
    return asked;
  }

  #send(packet: Packet): void {
    if (!this.#writer.write(packet, this.#options.version)) {
      throw new MqttError(
        'packet-too-large',
        `${packet.type.toUpperCase()} is over the server's Maximum Packet Size`,
      );
    }
  }

  #tick(now: Millis): void {
    const deadline = this.deadline();
    if (deadline === undefined || now < deadline) return;
    if (this.#state.name === 'open' && this.#pingedAt === undefined) {
      this.#ping(now);
    } else {
      this.#close('timeout', ReasonCode.keepAliveTimeout, 'the server does not answer');
    }
  }

  #ping(now: Millis): void {
    this.#send({ type: 'pingreq' });
    this.#pingedAt = now;
  }

  #disconnect(cause: ClientCloseCause, packet: DisconnectPacket, reason?: string): void {
    if (this.#state.name === 'open') this.#writer.write(packet, this.#options.version);
    this.#close(cause, packet.reasonCode, reason);
  }

  #close(cause: ClientCloseCause, reasonCode: number, reason?: string): void {
    if (this.#state.name === 'closed') return;
    this.#state = { name: 'closed' };
    this.#publishing.disconnected();
    this.#effects.push({ type: 'close', cause, reasonCode, ...(reason !== undefined && { reason }) });
  }
}

function connectPacket(options: ClientConnectionOptions): ConnectPacket {
  const { version, clientId, cleanStart, keepAliveS, username, password, will } = options;
  const base = {
    type: 'connect' as const,
    version,
    clientId,
    cleanStart,
    keepAliveS,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(will !== undefined && { will }),
  };
  if (version === 4) return base;
  const { sessionExpiryS, userProperties, receiveMaximum, maxPacketSize } = options;
  return {
    ...base,
    receiveMaximum,
    maximumPacketSize: maxPacketSize,
    ...(sessionExpiryS !== undefined && { sessionExpiryS }),
    ...(userProperties !== undefined && { userProperties }),
  };
}

function notFromServer(packet: Packet): never {
  return protocolError(`${packet.type.toUpperCase()} from a server (2.1.2)`);
}
