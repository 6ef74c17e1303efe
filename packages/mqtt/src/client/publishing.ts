import type { PubackPacket, PubrecPacket } from '../codec/acknowledgement.ts';
import type { ConnackPacket } from '../codec/connack.ts';
import type { ProtocolVersion } from '../codec/packet.ts';
import type { PacketWriter } from '../codec/writer.ts';
import { MqttError } from '../error.ts';
import { FIRST_FAILURE, ReasonCode } from '../reason-codes.ts';
import type { Fifo } from '../session/fifo.ts';
import { type Inflight, SendWindow } from '../session/send-window.ts';
import { isTopicName } from '../topic.ts';
import { Aliasing } from './aliasing.ts';
import type { ClientConnectionOptions, ClientEffect, PublishInput } from './surface.ts';

/** What a client keeps of its session between connections (4.1). */
export interface ClientSession {
  /** Sent and unacknowledged, in sending order. */
  readonly inflight: readonly Inflight<PublishInput>[];
  /** Packet ids of QoS 2 that were received and not yet released. */
  readonly received: readonly number[];
  /** Not sent yet, in order. */
  readonly waiting: readonly PublishInput[];
}

/** A server of 3.1.1 cannot say how many it takes. */
const PACKET_IDS = 0xffff;

/** The messages a client sends: waiting, sent, sent again. */
export class Publishing {
  readonly #options: ClientConnectionOptions;
  readonly #version: ProtocolVersion;
  readonly #writer: PacketWriter;
  readonly #effects: Fifo<ClientEffect>;
  /** Of the session before this connection, not sent again yet. */
  #unsent: Inflight<PublishInput>[];
  #waiting: PublishInput[];
  #aliasing: Aliasing | undefined;
  #connected = false;
  sending: SendWindow<PublishInput>;

  constructor(
    options: ClientConnectionOptions,
    session: ClientSession | undefined,
    writer: PacketWriter,
    effects: Fifo<ClientEffect>,
  ) {
    this.#options = options;
    this.#version = options.version;
    this.#writer = writer;
    this.#effects = effects;
    this.#unsent = [...(session?.inflight ?? [])];
    this.#waiting = [...(session?.waiting ?? [])];
    this.sending = new SendWindow(0);
  }

  get inflight(): Inflight<PublishInput>[] {
    return [...this.sending.inflight(), ...this.#unsent];
  }

  get waiting(): PublishInput[] {
    return [...this.#waiting];
  }

  publish(input: PublishInput): void {
    if (!isTopicName(input.topic)) {
      throw new MqttError(
        'not-encodable',
        `"${input.topic}" is no topic to publish to [MQTT-3.3.2-2]; take out wildcards`,
      );
    }
    if (this.#waiting.length >= this.#options.maxQueued) {
      this.#refused(
        input,
        ReasonCode.quotaExceeded,
        `${this.#options.maxQueued} messages wait already; send later`,
      );
      return;
    }
    this.#waiting.push(input);
    this.pump();
  }

  /** The server has accepted: what the session before left is sent again, or anew if the server has forgotten it [MQTT-4.4.0-1]. */
  connected(connack: ConnackPacket): void {
    const limit = Math.min(connack.receiveMaximum ?? PACKET_IDS, this.#options.receiveMaximum);
    if (!connack.sessionPresent) {
      const anew = this.#unsent.filter(({ awaits }) => awaits !== 'pubcomp').map(({ token }) => token);
      this.#waiting = [...anew, ...this.#waiting];
      this.#unsent = [];
    }
    this.sending = new SendWindow(
      limit,
      this.#unsent.map(({ packetId }) => packetId),
    );
    if (this.#options.topicAliases) this.#aliasing = new Aliasing(connack.topicAliasMaximum ?? 0);
    this.#connected = true;
    this.pump();
  }

  /** From now on messages only wait. */
  disconnected(): void {
    this.#connected = false;
  }

  /** Sends what may be sent. */
  pump(): void {
    if (!this.#connected) return;
    let sent = 0;
    while (sent < this.#unsent.length && this.sending.credit > 0) this.#sendAgain(this.#unsent[sent++]!);
    this.#unsent.splice(0, sent);
    if (this.#unsent.length > 0) return;
    sent = 0;
    while (sent < this.#waiting.length && this.#send(this.#waiting[sent]!)) sent++;
    this.#waiting.splice(0, sent);
  }

  puback(packet: PubackPacket): void {
    // The dialect's shortest form names the message only by its turn [MQTT-4.6.0-2].
    const packetId = packet.packetId === 0 ? this.sending.oldestUnacknowledged()?.packetId : packet.packetId;
    const entry = packetId === undefined ? undefined : this.sending.puback(packetId);
    if (entry !== undefined) this.#acknowledged(entry, packet);
    this.pump();
  }

  pubrec(packet: PubrecPacket): void {
    const { packetId, reasonCode } = packet;
    const first = this.sending.get(packetId)?.awaits === 'pubrec';
    const entry = this.sending.pubrec(packetId, reasonCode);
    if (entry !== undefined && first) this.#acknowledged(entry, packet);
    if (reasonCode < FIRST_FAILURE) {
      const answer = entry === undefined ? ReasonCode.packetIdNotFound : ReasonCode.success;
      this.#writer.write({ type: 'pubrel', packetId, reasonCode: answer }, this.#version);
    }
    this.pump();
  }

  pubcomp(packetId: number): void {
    this.sending.pubcomp(packetId);
    this.pump();
  }

  #sendAgain({ packetId, token: message, awaits }: Inflight<PublishInput>): void {
    if (awaits === 'pubcomp') {
      this.sending.addReleased(packetId, message);
      this.#writer.write({ type: 'pubrel', packetId, reasonCode: ReasonCode.success }, this.#version);
      return;
    }
    if (!this.#write(message, packetId, true)) return;
    this.sending.add(packetId, message.qos === 2 ? 2 : 1, message);
  }

  /** Whether it need not wait any longer. */
  #send(message: PublishInput): boolean {
    if (message.qos === 0) {
      this.#write(message, 0, false);
      return true;
    }
    if (this.sending.credit === 0) return false;
    const packetId = this.sending.nextId();
    if (this.#write(message, packetId, false)) this.sending.add(packetId, message.qos, message);
    return true;
  }

  #write(message: PublishInput, packetId: number, dup: boolean): boolean {
    const { topic, payload, qos } = message;
    const alias = this.#aliasing?.name(topic);
    const written =
      alias === undefined
        ? this.#writer.publish(topic, payload, qos, packetId, dup, this.#version)
        : this.#writer.write(
            { type: 'publish', payload, qos, packetId, dup, retain: false, ...alias },
            this.#version,
          );
    if (written) {
      if (alias !== undefined) this.#aliasing?.told(topic, alias.topicAlias);
      return true;
    }
    this.sending.free(packetId);
    this.#refused(
      message,
      ReasonCode.packetTooLarge,
      'it is over the Maximum Packet Size of the server; send less',
    );
    return false;
  }

  #refused({ token }: PublishInput, reasonCode: number, reason: string): void {
    this.#effects.push({ type: 'acknowledged', token, reasonCode, reason });
  }

  #acknowledged({ token: message }: Inflight<PublishInput>, packet: PubackPacket | PubrecPacket): void {
    const { reasonCode, reason, userProperties } = packet;
    const messageId = packet.type === 'puback' ? packet.messageId : undefined;
    this.#effects.push({
      type: 'acknowledged',
      token: message.token,
      reasonCode,
      ...(reason !== undefined && { reason }),
      ...(userProperties !== undefined && { userProperties }),
      ...(messageId !== undefined && { messageId }),
    });
  }
}
