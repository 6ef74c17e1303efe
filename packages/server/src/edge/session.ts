import type { Millis, Seq } from '@skein/chat';
import { type InName, inTopic, matchInFilter, type UserId } from '@skein/protocol';
import type { InboxPosition, SavedSession, Store, StoredEntry } from '../store/store.ts';

/** What a session needs of the connection that carries it. */
export interface Link {
  /** Whether one more delivery may be handed over now: the client's window and the bytes on the way allow it. */
  canTake(qos: 0 | 1): boolean;
  /** @param packetId of a resumed session: sent again under its packet id of then. */
  send(topic: Uint8Array, payload: Uint8Array, qos: 0 | 1, mark?: DeliveryMark, packetId?: number): void;
  /** Marks of what was sent and not yet acknowledged, in the order of sending. */
  inflight(): readonly { readonly packetId: number; readonly mark: DeliveryMark | undefined }[];
}

/** What an acknowledgement of the client is about. */
export interface DeliveryMark {
  readonly id: bigint;
  readonly conversationId: string;
  readonly seq: Seq;
}

export interface Filter {
  readonly filter: string;
  readonly qos: 0 | 1;
}

/** Entries read from the log at once for a session that is behind. */
const feedPage = 32;

/** Acknowledgements of sends that wait for the client's window; a sender has at most 64 on the way. */
const mostHeld = 256;

const encoder = new TextEncoder();

/**
 * One MQTT session: subscriptions and a position in the user's log. It is *live* while every entry is handed over as
 * it is committed. When its client is away, slow, or has its window full it is *behind*: entries pass it by, and it is
 * fed from the log once it can take more. So it holds no queue of messages.
 */
export class Session {
  readonly userId: UserId;
  readonly clientId: string;
  /** Stands for the device in stored entries, so that a device is not handed what it sent. */
  readonly origin: number;
  readonly filters = new Map<string, Filter>();
  /** The client says itself what it has stored: its PUBACK is not taken for it (R2). */
  sendsReceipts = false;
  /** When the session ends, in seconds after its connection did; 0: with it. */
  expiryS = 0;
  /** The store has it, or soon will: when it ends, it is deleted there. */
  stored = false;
  link: Link | undefined;
  /** Packet ids in flight when the last connection ended, for the deliveries that are sent again [MQTT-4.4.0-1]. */
  resend: number[] = [];
  /** Packet ids of QoS 2 publishes that were received and not released. */
  received: readonly number[] = [];
  private readonly store: Store;
  private readonly onTrouble: (error: unknown) => void;
  private readonly granted = new Map<InName, 0 | 1>();
  private readonly topics = new Map<InName, Uint8Array>();
  private readonly held: { readonly name: InName; readonly payload: Uint8Array }[] = [];
  /** Raised by each change of the subscriptions. */
  private subscriptions = 0;
  private savedAs:
    | {
        readonly at: Millis;
        readonly id: bigint;
        readonly subscriptions: number;
        readonly sendsReceipts: boolean;
      }
    | undefined;
  /** The last entry that was handed over, or passed over for good. */
  private handed: InboxPosition;
  /** A feed version at which the client had acknowledged everything. */
  private settledVersion: number;
  private behind = false;
  /** The last entry that passed by while the session was behind. */
  private passedBy = 0n;
  private feeding = false;

  constructor(
    userId: UserId,
    clientId: string,
    handed: InboxPosition,
    store: Store,
    onTrouble: (error: unknown) => void,
  ) {
    this.userId = userId;
    this.clientId = clientId;
    this.origin = originOf(clientId);
    this.handed = handed;
    this.settledVersion = handed.version;
    this.store = store;
    this.onTrouble = onTrouble;
  }

  subscribe(filter: Filter): void {
    this.filters.set(filter.filter, filter);
    this.regrant();
  }

  /** @returns false when there was no such subscription. */
  unsubscribe(filter: string): boolean {
    const known = this.filters.delete(filter);
    this.regrant();
    return known;
  }

  private regrant(): void {
    this.subscriptions += 1;
    this.granted.clear();
    for (const { filter, qos } of this.filters.values()) {
      for (const name of matchInFilter(this.userId, filter) ?? []) {
        this.granted.set(name, qos || this.granted.get(name) === 1 ? 1 : 0);
      }
    }
  }

  wants(name: InName): boolean {
    return this.granted.has(name);
  }

  get wantsEntries(): boolean {
    return this.granted.has('message') || this.granted.has('service');
  }

  /** From here on entries are handed over; what was before a first subscription is read as history. */
  startAt(position: InboxPosition): void {
    this.handed = position;
    this.settledVersion = position.version;
    this.behind = false;
  }

  /** An entry was committed. */
  offer(entry: StoredEntry): void {
    // Already handed over out of the log.
    if (entry.id <= this.handed.id) return;
    if (!this.behind && this.link && this.handOver(entry, this.link)) {
      this.handed = { id: entry.id, version: this.handed.version };
    } else {
      this.behind = true;
      this.passedBy = entry.id;
    }
  }

  /** @returns false when the client cannot take it now. */
  private handOver(entry: StoredEntry, link: Link): boolean {
    const qos = this.granted.get(entry.kind);
    // Not subscribed, or its own: nothing to hand over, now or later.
    if (qos === undefined || (entry.origin === this.origin && entry.senderId === this.userId)) return true;
    if (!link.canTake(qos)) return false;
    const mark =
      qos === 1 ? { id: entry.id, conversationId: entry.conversationId, seq: entry.seq } : undefined;
    link.send(
      this.topic(entry.kind),
      entry.delivered,
      qos,
      mark,
      qos === 1 ? this.resend.shift() : undefined,
    );
    return true;
  }

  /** Publishes something that is no entry: what cannot be sent now is dropped, since a position tells it later. */
  publish(name: InName, payload: Uint8Array, qos: 0 | 1): void {
    const grantedQos = this.granted.get(name);
    if (grantedQos === undefined || !this.link) return;
    if (Math.min(qos, grantedQos) === 1) this.publishHeld(name, payload, this.link);
    else if (this.link.canTake(0)) this.link.send(this.topic(name), payload, 0);
  }

  /** Acknowledgements of sends wait for the client's window; what is dropped is answered again at the retry. */
  private publishHeld(name: InName, payload: Uint8Array, link: Link): void {
    if (this.held.length === 0 && link.canTake(1)) link.send(this.topic(name), payload, 1);
    else if (this.held.length < mostHeld) this.held.push({ name, payload });
  }

  /** The client can take more. */
  resume(): void {
    const { link } = this;
    if (!link) return;
    while (this.held.length > 0 && link.canTake(1)) {
      const { name, payload } = this.held.shift()!;
      link.send(this.topic(name), payload, 1);
    }
    if (this.behind && !this.feeding) {
      this.feeding = true;
      this.feed(link)
        .catch(this.onTrouble)
        .finally(() => {
          this.feeding = false;
        });
    }
  }

  /** Reads on in the log until the client has all, or can take no more. */
  private async feed(link: Link): Promise<void> {
    while (this.behind && this.link === link && link.canTake(1)) {
      if (link.inflight().length === 0) this.settledVersion = this.handed.version;
      const missed = await this.store.missed(this.userId, this.handed, feedPage);
      if (this.link !== link) return;
      for (const entry of missed.entries) {
        if (!this.handOver(entry, link)) return;
        this.handed = { id: entry.id, version: this.handed.version };
      }
      if (missed.position.id > this.handed.id) this.handed = missed.position;
      this.behind = missed.more || this.passedBy > missed.position.id;
    }
  }

  /** A connection takes the session on, again from what was not acknowledged. */
  attach(link: Link): void {
    this.link = link;
    this.behind = true;
  }

  /** The connection is gone. */
  detach(link: Link): void {
    if (this.link !== link) return;
    this.resend = link
      .inflight()
      .filter(({ mark }) => mark !== undefined)
      .map(({ packetId }) => packetId);
    this.handed = this.acknowledged(link);
    this.behind = true;
    this.held.length = 0;
    this.link = undefined;
  }

  /** Where the session goes on if the server ends now. */
  saved(now: Millis): SavedSession {
    const { userId, clientId, sendsReceipts } = this;
    const position = this.position;
    this.savedAs = { at: now, id: position.id, subscriptions: this.subscriptions, sendsReceipts };
    const endsAt = now + this.expiryS * 1_000;
    return { userId, clientId, filters: [...this.filters.values()], position, endsAt, sendsReceipts };
  }

  /** Whether what was saved last is no longer so, or its end comes near. */
  isWorthSaving(now: Millis): boolean {
    const { savedAs } = this;
    if (!savedAs || savedAs.subscriptions !== this.subscriptions) return true;
    if (savedAs.sendsReceipts !== this.sendsReceipts || savedAs.id !== this.position.id) return true;
    return now - savedAs.at > this.expiryS * 250;
  }

  private get position(): InboxPosition {
    return this.link ? this.acknowledged(this.link) : this.handed;
  }

  /** The position right before the first delivery that was not acknowledged. */
  private acknowledged(link: Link): InboxPosition {
    const first = link.inflight().find(({ mark }) => mark !== undefined)?.mark;
    if (!first) return this.handed;
    return { id: first.id - 1n, version: this.settledVersion };
  }

  private topic(name: InName): Uint8Array {
    let topic = this.topics.get(name);
    if (!topic) {
      topic = encoder.encode(inTopic(this.userId, name));
      this.topics.set(name, topic);
    }
    return topic;
  }
}

/** FNV-1a of the client id, never 0: two devices of one user share it once in four billion. */
function originOf(clientId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < clientId.length; i++) hash = Math.imul(hash ^ clientId.charCodeAt(i), 0x01000193);
  return hash >>> 0 || 1;
}
