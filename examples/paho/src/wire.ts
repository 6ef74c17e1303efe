import { type DescMessage, fromBinary, toJson } from '@bufbuild/protobuf';
import { type Packet, PacketReader } from '@skein/mqtt';
import {
  AckSchema,
  BaseUserUnreadStaticsSchema,
  FeedChangeSchema,
  MessageSchema,
  NoticeSchema,
  PresenceSchema,
  ReceiptSchema,
  ServiceMessageSchema,
  TypingSchema,
} from '@skein/protocol';
import type { CallSeen } from './calls.ts';
import type { SocketTap } from './line.ts';
import type { Identity } from './person.ts';

/** One thing that went over the wire, or that Paho told the page without any. */
export interface WireFact {
  readonly number: number;
  readonly time: number;
  readonly person: Identity;
  /** Up to the server, down from it, or a callback in the page. */
  readonly direction: 'up' | 'down' | 'page';
  /** PUBLISH, PUBACK, HTTP POST, onConnectionLost, ... */
  readonly what: string;
  /** Topic, method, or reason. */
  readonly subject: string;
  /** "QoS 1 · #3", "200", ... */
  readonly note: string;
  /** The payload as JSON, where there is one. */
  readonly detail?: unknown;
  readonly bytes?: number;
  /** The callback of Paho that it led to. */
  readonly callback?: string;
}

type Callback = 'onConnectionLost' | 'onMessageArrived' | 'onMessageDelivered';

/** Facts beyond these are forgotten: a page that stays open must not grow. */
const mostFacts = 300;
const maxPacketSize = 1 << 20;

const schemas: Readonly<Record<string, DescMessage>> = {
  message: MessageSchema,
  service: ServiceMessageSchema,
  receipt: ReceiptSchema,
  typing: TypingSchema,
  ack: AckSchema,
  unread: BaseUserUnreadStaticsSchema,
  feed: FeedChangeSchema,
  presence: PresenceSchema,
  notice: NoticeSchema,
};

/** What goes over the wire, for looking at. */
export class Wire {
  readonly #listeners = new Set<() => void>();
  #facts: readonly WireFact[] = [];
  #count = 0;

  /** The newest last. */
  get facts(): readonly WireFact[] {
    return this.#facts;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clear(): void {
    this.#facts = [];
    this.#tell();
  }

  /** Reads the packets of one person's sockets. */
  tap(person: Identity): SocketTap {
    let up = new PacketReader({ role: 'server', maxPacketSize });
    let down = new PacketReader({ role: 'client', version: 4, maxPacketSize });
    return {
      opened: () => {
        up = new PacketReader({ role: 'server', maxPacketSize });
        down = new PacketReader({ role: 'client', version: 4, maxPacketSize });
      },
      sent: (bytes) => this.#packets(person, 'up', up, bytes),
      received: (bytes) => this.#packets(person, 'down', down, bytes),
    };
  }

  /** Notes a callback of Paho's beside the packet that led to it. */
  callback(person: Identity, callback: Callback, subject: string): void {
    const cause = this.#facts.findIndex(
      (fact) => fact.person === person && !fact.callback && leadsTo(fact, callback, subject),
    );
    if (cause < 0) this.#add({ person, direction: 'page', what: callback, subject, note: '' });
    else {
      this.#facts = this.#facts.with(cause, { ...this.#facts[cause]!, callback });
      this.#tell();
    }
  }

  call(person: Identity, { method, request, status, answer }: CallSeen): void {
    const subject = `/skein.v1.ChatService/${method}`;
    const note = status === undefined ? 'no answer' : `${status}`;
    this.#add({ person, direction: 'up', what: 'HTTP POST', subject, note, detail: { request, answer } });
  }

  #packets(person: Identity, direction: 'up' | 'down', reader: PacketReader, bytes: ArrayBuffer): void {
    reader.push(new Uint8Array(bytes));
    for (let packet = reader.next(); packet; packet = reader.next()) {
      this.#add({ person, direction, what: packet.type.toUpperCase(), ...describe(packet) });
    }
  }

  #add(fact: Omit<WireFact, 'number' | 'time'>): void {
    const numbered = { ...fact, number: ++this.#count, time: Date.now() };
    this.#facts = [...this.#facts.slice(-(mostFacts - 1)), numbered];
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function leadsTo({ direction, what, subject, note }: WireFact, callback: Callback, topic: string): boolean {
  switch (callback) {
    case 'onMessageArrived':
      return direction === 'down' && what === 'PUBLISH' && subject === topic;
    case 'onMessageDelivered':
      // With QoS 0 Paho calls a message delivered once it is sent.
      if (topic.endsWith('/typing')) return direction === 'up' && subject === topic && note === 'QoS 0';
      return direction === 'down' && what === 'PUBACK';
    case 'onConnectionLost':
      return false;
  }
}

function describe(packet: Packet): Pick<WireFact, 'subject' | 'note' | 'detail' | 'bytes'> {
  switch (packet.type) {
    case 'publish': {
      const id = packet.qos > 0 ? ` · #${packet.packetId}` : '';
      return {
        subject: packet.topic,
        note: `QoS ${packet.qos}${id}${packet.dup ? ' · again' : ''}`,
        detail: decode(packet.topic, packet.payload),
        bytes: packet.payload.length,
      };
    }
    case 'connect':
      // The password is a token, which is for nobody to see.
      return { subject: `${packet.clientId} · user ${packet.username ?? ''}`, note: 'MQTT 3.1.1' };
    case 'connack':
      return { subject: '', note: packet.reasonCode === 0 ? 'accepted' : `refused: ${packet.reasonCode}` };
    case 'subscribe':
      return {
        subject: packet.subscriptions.map(({ filter }) => filter).join(' '),
        note: `#${packet.packetId}`,
      };
    case 'suback':
    case 'puback':
      return { subject: '', note: `#${packet.packetId}` };
    default:
      return { subject: '', note: '' };
  }
}

function decode(topic: string, payload: Uint8Array): unknown {
  const schema = schemas[topic.split('/').at(-1) ?? ''];
  try {
    return schema && toJson(schema, fromBinary(schema, payload), { useProtoFieldName: true });
  } catch {
    return undefined;
  }
}
