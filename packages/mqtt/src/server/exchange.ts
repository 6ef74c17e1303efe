import type { ConnectPacket } from '../codec/connect.ts';
import type { DisconnectPacket } from '../codec/disconnect.ts';
import type { Packet, PacketOf, PacketType } from '../codec/packet.ts';
import type { PublishPacket } from '../codec/publish.ts';
import type { SubscribePacket } from '../codec/subscribe.ts';
import type { PacketWriter } from '../codec/writer.ts';
import { MqttError, protocolError } from '../error.ts';
import { FIRST_FAILURE, ReasonCode } from '../reason-codes.ts';
import type { Settlement } from '../session/acknowledgement-queue.ts';
import type { Fifo } from '../session/fifo.ts';
import { ReceiveWindow } from '../session/receive-window.ts';
import { SendWindow } from '../session/send-window.ts';
import { TopicAliases } from '../session/topic-aliases.ts';
import { isSharedFilter } from '../topic.ts';
import type { AcceptInput, DeliverInput, ServerConnectionOptions, ServerEffect } from './surface.ts';

/** What a client of 3.1.1 may be sent before it acknowledges is the server's choice; one of MQTT 5 says it, or this holds (3.1.2.11.3). */
const DEFAULT_RECEIVE_MAXIMUM = 0xffff;
/** A client may take 65,535 and acknowledge none: what the server remembers of them is bounded by itself. */
const MOST_INFLIGHT = 1_024;

/** An accepted connection: messages, subscriptions and their answers, both ways. */
export class Exchange {
  readonly sending: SendWindow<unknown>;
  readonly receiving: ReceiveWindow;
  readonly connect: ConnectPacket;
  readonly #writer: PacketWriter;
  readonly #effects: Fifo<ServerEffect>;
  readonly #aliases: TopicAliases | undefined;
  readonly #puback64: boolean;

  constructor(
    options: ServerConnectionOptions,
    connect: ConnectPacket,
    accept: AcceptInput,
    writer: PacketWriter,
    effects: Fifo<ServerEffect>,
  ) {
    this.connect = connect;
    this.#writer = writer;
    this.#effects = effects;
    this.#puback64 = connect.version === 4 && (options.puback64 ?? false);
    if (connect.version === 5) this.#aliases = new TopicAliases(options.topicAliasMaximum ?? 0);
    const limit =
      connect.version === 5 ? (connect.receiveMaximum ?? DEFAULT_RECEIVE_MAXIMUM) : options.receiveMaximum;
    this.sending = new SendWindow(Math.min(limit, MOST_INFLIGHT), accept.reserved);
    this.receiving = new ReceiveWindow({
      version: connect.version,
      limit: options.receiveMaximum,
      answer: (packet) => this.send(packet),
      received: accept.received,
    });
  }

  /** Takes in a packet. Returns the client's DISCONNECT, after which there is nothing more. Throws `MqttError`. */
  handle(packet: Packet): DisconnectPacket | undefined {
    // The table has a handler of this type for each type; the compiler cannot see that across the union.
    const handler = HANDLERS[packet.type] as (
      exchange: Exchange,
      packet: Packet,
    ) => DisconnectPacket | undefined;
    return handler(this, packet);
  }

  deliver(input: DeliverInput): void {
    const { topic, payload, qos, token, dup = false } = input;
    if (qos > 0 && this.sending.credit === 0) {
      throw new Error(
        'a delivery passes the Receive Maximum of the client; deliver only while there is credit',
      );
    }
    const packetId = qos === 0 ? 0 : (input.packetId ?? this.sending.nextId());
    const sent = this.#writer.publish(topic, payload, qos, packetId, dup, this.connect.version);
    if (qos === 0) return;
    if (sent) {
      this.sending.add(packetId, qos, token);
      return;
    }
    // Too large for this client: it counts as delivered [MQTT-3.1.2-25].
    this.sending.free(packetId);
    this.delivered(packetId, token);
  }

  release(packetId: number, token: unknown): void {
    this.sending.addReleased(packetId, token);
    this.send({ type: 'pubrel', packetId, reasonCode: ReasonCode.success });
  }

  settle({ packetId, reasonCode, reason, userProperties, messageId }: Settlement): void {
    this.receiving.settle({
      packetId,
      reasonCode,
      ...(reason !== undefined && { reason }),
      ...(userProperties !== undefined && { userProperties }),
      ...(messageId !== undefined && this.#puback64 && { messageId }),
    });
  }

  /** Writes a packet, without its explanations if they are not wanted or would make it too large. */
  send(packet: Packet): void {
    const { version, requestProblemInformation = true } = this.connect;
    if (requestProblemInformation && this.#writer.write(packet, version)) return;
    // [MQTT-3.1.2-29], [MQTT-3.4.2-2], [MQTT-3.4.2-3]
    const bare: Packet = { ...packet };
    delete (bare as { reason?: string }).reason;
    delete (bare as { userProperties?: unknown }).userProperties;
    if (!this.#writer.write(bare, version)) {
      throw new MqttError(
        'packet-too-large',
        `${packet.type.toUpperCase()} is over the client's Maximum Packet Size`,
      );
    }
  }

  publish(packet: PublishPacket): void {
    if (packet.retain && this.connect.version === 5) {
      throw new MqttError('retain-not-supported', 'no retained messages here; clear RETAIN [MQTT-3.2.2-14]');
    }
    const resolved = this.#aliases === undefined ? packet : this.#aliases.resolve(packet);
    if (resolved.qos === 0 || this.receiving.arrive(resolved))
      this.emit({ type: 'publish', packet: resolved });
  }

  delivered(packetId: number, token: unknown): void {
    this.emit({ type: 'delivered', packetId, token });
  }

  emit(effect: ServerEffect): void {
    this.#effects.push(effect);
  }
}

type Handler<T extends PacketType> = (
  exchange: Exchange,
  packet: PacketOf<T>,
) => DisconnectPacket | undefined;

/** What an accepted connection does with each packet. */
const HANDLERS: { readonly [T in PacketType]: Handler<T> } = {
  connect: () => protocolError('a second CONNECT [MQTT-3.1.0-2]'),
  connack: notFromClient,
  publish: (exchange, packet) => {
    exchange.publish(packet);
    return undefined;
  },
  puback: (exchange, { packetId }) => {
    const done = exchange.sending.puback(packetId);
    if (done !== undefined) exchange.delivered(packetId, done.token);
    return undefined;
  },
  pubrec: (exchange, { packetId, reasonCode }) => {
    const entry = exchange.sending.pubrec(packetId, reasonCode);
    if (entry !== undefined && reasonCode >= FIRST_FAILURE) {
      if (entry.awaits === 'pubrec') exchange.delivered(packetId, entry.token);
      return undefined;
    }
    const answer = entry === undefined ? ReasonCode.packetIdNotFound : ReasonCode.success;
    exchange.send({ type: 'pubrel', packetId, reasonCode: answer });
    return undefined;
  },
  pubrel: (exchange, { packetId }) => {
    exchange.receiving.release(packetId);
    return undefined;
  },
  pubcomp: (exchange, { packetId }) => {
    const done = exchange.sending.pubcomp(packetId);
    if (done !== undefined) exchange.delivered(packetId, done.token);
    return undefined;
  },
  subscribe: (exchange, packet) => {
    if (exchange.connect.version === 5) checkSubscribe(packet);
    exchange.emit({ type: 'subscribe', packet });
    return undefined;
  },
  suback: notFromClient,
  unsubscribe: (exchange, packet) => {
    exchange.emit({ type: 'unsubscribe', packet });
    return undefined;
  },
  unsuback: notFromClient,
  pingreq: (exchange) => {
    exchange.send({ type: 'pingresp' });
    return undefined;
  },
  pingresp: notFromClient,
  disconnect: (exchange, packet) => {
    if ((packet.sessionExpiryS ?? 0) > 0 && (exchange.connect.sessionExpiryS ?? 0) === 0) {
      protocolError('DISCONNECT wants a session kept that CONNECT did not (3.14.2.2.2)');
    }
    return packet;
  },
  auth: () => protocolError('AUTH without an authentication method in CONNECT [MQTT-4.12.0-6]'),
};

/** What CONNACK said is not available is a protocol error to ask for (3.2.2.3.12, 3.2.2.3.13). */
function checkSubscribe({ subscriptionIdentifiers, subscriptions }: SubscribePacket): void {
  if (subscriptionIdentifiers !== undefined) {
    throw new MqttError(
      'subscription-identifiers-not-supported',
      'no subscription identifiers here (3.2.2.3.12)',
    );
  }
  if (subscriptions.some(({ filter }) => isSharedFilter(filter))) {
    throw new MqttError('shared-subscriptions-not-supported', 'no shared subscriptions here (3.2.2.3.13)');
  }
}

function notFromClient(_: Exchange, packet: Packet): never {
  return protocolError(`${packet.type.toUpperCase()} from a client (2.1.2)`);
}
