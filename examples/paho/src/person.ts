import type Paho from 'paho-mqtt';
import { ArticleClient } from './article-client.ts';
import { ChatCalls } from './calls.ts';
import { type Conversation, readEntry } from './conversation.ts';
import messages from './gen/messages_pb.js';
import { History, type Page, type Range } from './history.ts';
import { Line } from './line.ts';
import { newMessageId, Outbox, type Unsent } from './outbox.ts';
import type { TimelineEntry } from './timeline.ts';
import type { Wire } from './wire.ts';

export interface Identity {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

/** Whether what is shown is the present (S6). */
export type Status =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'catching up' }
  | { readonly kind: 'current' }
  | { readonly kind: 'offline'; readonly since: number; readonly retryAt: number };

export interface PersonView {
  readonly status: Status;
  readonly lineCut: boolean;
  readonly entries: readonly TimelineEntry[];
  readonly unsent: readonly Unsent[];
  /** There are entries above the first one shown. */
  readonly hasEarlier: boolean;
  /** How far the other side has received and read. */
  readonly deliveredSeq: number;
  readonly readSeq: number;
  /** One's own read position: what is above it is new. */
  readonly ownReadSeq: number;
  readonly unread: number;
  /** Service: since when a question waits for an answer. */
  readonly waitingSince: number | undefined;
  readonly peerTyping: boolean;
}

const firstRetryMs = 500;
const longestRetryMs = 10_000;
const typingMs = 4_000;

/** Refusals that time alone mends: `Ack.code` of a send that may be tried again. */
const rateLimited = 4;
const unavailable = 7;
const retryRefusedMs = 1_500;

/** One person at one device: Paho's callbacks, and what a chat makes of them. */
export class Person {
  readonly identity: Identity;
  readonly conversation: Conversation;
  readonly line: Line;
  readonly #client: ArticleClient;
  readonly #calls: ChatCalls;
  readonly #outbox: Outbox;
  readonly #wire: Wire;
  readonly #listeners = new Set<() => void>();
  #view: PersonView;
  readonly #history = new History((range) => this.#page(range));
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #typingEnds: ReturnType<typeof setTimeout> | undefined;
  #typedAt = 0;
  #attempt = 0;
  #catchingUp: Promise<void> = Promise.resolve();
  #reading = false;
  #toldDelivered = 0;

  constructor(identity: Identity, conversation: Conversation, wire: Wire) {
    this.identity = identity;
    this.conversation = conversation;
    this.#wire = wire;
    this.line = new Line(wire.tap(identity));
    this.#calls = new ChatCalls(this.line, identity.token, (call) => wire.call(identity, call));
    this.#outbox = new Outbox(`skein-paho:${identity.id}:${conversation.id}`);
    const clientId = `paho-${newMessageId(Date.now())}`;
    const port = Number(location.port) || (location.protocol === 'https:' ? 443 : 80);
    this.#client = new ArticleClient(location.hostname, port, clientId, identity.id, {
      onConnectionLost: (error) => this.#onConnectionLost(error),
      onMessageArrived: (message) => this.#onMessageArrived(message),
      onMessageDelivered: (message) =>
        this.#wire.callback(this.identity, 'onMessageDelivered', message.destinationName),
    });
    this.#view = {
      status: { kind: 'connecting' },
      lineCut: false,
      entries: [],
      unsent: this.#outbox.items,
      hasEarlier: false,
      deliveredSeq: 0,
      readSeq: 0,
      ownReadSeq: 0,
      unread: 0,
      waitingSince: undefined,
      peerTyping: false,
    };
    this.line.subscribe(() => {
      this.#change({ lineCut: this.line.isCut });
      if (!this.line.isCut && this.#view.status.kind === 'offline') this.#connect();
    });
  }

  get view(): PersonView {
    return this.#view;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#connect();
  }

  /** Puts a text into the outbox, from where it goes out as soon as there is a line. */
  send(text: string): void {
    const now = Date.now();
    const unsent = { id: newMessageId(now), text, time: now };
    this.#outbox.add(unsent);
    this.#change({ unsent: this.#outbox.items });
    if (this.#client.connected) this.#publish(unsent);
  }

  /** Gives up a message that was refused. */
  discard(id: string): void {
    this.#outbox.take(id);
    this.#change({ unsent: this.#outbox.items });
  }

  /** Tells the other side that one is typing; at most every few seconds. */
  typing(): void {
    const now = Date.now();
    if (now - this.#typedAt < typingMs / 2 || !this.#client.connected) return;
    this.#typedAt = now;
    const typing = new messages.Typing();
    typing.setConversationId(this.conversation.id);
    typing.setUserId(this.identity.id);
    typing.setUntil(`${now + typingMs}`);
    this.#client.publish('typing', typing.serializeBinary(), 0);
  }

  /** Whether the person is looking at the conversation: only then is something read. */
  setReading(reading: boolean): void {
    this.#reading = reading;
    this.#tellPosition();
  }

  async loadEarlier(): Promise<void> {
    await this.#history.loadEarlier();
    this.#showEntries();
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retry);
    const attempt = ++this.#attempt;
    this.#change({ status: { kind: 'connecting' } });
    try {
      // Still connected where only a call has failed.
      if (!this.#client.connected) await this.line.over(() => this.#client.connect(this.identity.token));
      await this.#client.subscribe();
      await this.#catchUp();
      this.#failures = 0;
      for (const unsent of this.#outbox.items) if (!unsent.refused) this.#publish(unsent);
    } catch {
      if (attempt === this.#attempt) this.#goOffline();
    }
  }

  #onConnectionLost(error: Paho.MQTTError): void {
    this.#wire.callback(this.identity, 'onConnectionLost', error.errorMessage);
    this.#goOffline();
  }

  /** Tries again after a time that doubles with each failure, half of it random. */
  #goOffline(): void {
    const { status } = this.#view;
    const longest = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures++);
    const delayMs = longest / 2 + (Math.random() * longest) / 2;
    const now = Date.now();
    const since = status.kind === 'offline' ? status.since : now;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), delayMs);
    this.#change({ status: { kind: 'offline', since, retryAt: now + delayMs }, peerTyping: false });
  }

  /** One at a time: another waits for the one that is under way, which may still be that of a lost connection. */
  #catchUp(): Promise<void> {
    this.#change({ status: { kind: 'catching up' } });
    this.#catchingUp = this.#catchingUp.catch(() => {}).then(() => this.#catchUpOnce());
    return this.#catchingUp;
  }

  /** S1: after SUBACK, so that whatever is stored from now on arrives by itself. */
  async #catchUpOnce(): Promise<void> {
    const { members } = await this.#calls.getPositions(this.conversation.id);
    for (const member of members) {
      this.#raise(member.userId, Number(member.deliveredSeq), Number(member.readSeq));
    }
    await this.#history.catchUp();
    this.#showEntries();
    if (this.#client.connected) this.#change({ status: { kind: 'current' } });
    this.#tellPosition();
  }

  /** A page for the history. What is in it and also in the outbox was stored: only its acknowledgement was lost. */
  async #page(range: Range): Promise<Page> {
    const page = await this.#calls.listMessages({ conversationId: this.conversation.id, ...range });
    const entries = page.entries
      .map((entry) => readEntry(this.conversation, entry))
      .filter((entry) => entry !== undefined);
    for (const entry of entries) {
      if (entry.senderId === this.identity.id) this.#outbox.take(entry.clientMessageId);
    }
    const { epoch } = page;
    return { entries, headSeq: Number(page.headSeq), firstSeq: Number(page.firstSeq), epoch };
  }

  #onMessageArrived(message: Paho.Message): void {
    const name = message.destinationName.split('/').at(-1);
    const bytes = message.payloadBytes as Uint8Array;
    this.#wire.callback(this.identity, 'onMessageArrived', message.destinationName);
    switch (name) {
      case this.conversation.topic:
        this.#onEntry(this.conversation.read(bytes));
        break;
      case 'ack':
        this.#onAck(messages.Ack.deserializeBinary(bytes).toObject());
        break;
      case 'unread':
        this.#onUnread(messages.BaseUserUnreadStatics.deserializeBinary(bytes).toObject());
        break;
      case 'receipt':
        this.#onReceipt(messages.Receipt.deserializeBinary(bytes).toObject());
        break;
      case 'typing':
        this.#onTyping(messages.Typing.deserializeBinary(bytes).toObject());
    }
  }

  #onEntry(entry: TimelineEntry | undefined): void {
    if (!entry) return;
    this.#history.live(entry);
    this.#outbox.take(entry.clientMessageId);
    if (entry.senderId !== this.identity.id) this.#change({ peerTyping: false });
    this.#showEntries();
    if (this.#history.hasHole && this.#view.status.kind === 'current')
      this.#catchUp().catch(() => this.#goOffline());
    this.#tellPosition();
  }

  #onAck(ack: ReturnType<messages.Ack['toObject']>): void {
    const id = ack.clientMessageId ?? '';
    if (ack.code === rateLimited || ack.code === unavailable) {
      setTimeout(() => this.#publishAgain(id), retryRefusedMs);
      return;
    }
    if (ack.code) {
      this.#outbox.refuse(id, ack.reason ?? '');
      this.#change({ unsent: this.#outbox.items });
      return;
    }
    const unsent = this.#outbox.take(id);
    if (!unsent) return;
    this.#onEntry({
      seq: Number(ack.seq),
      messageId: ack.messageId ?? '',
      clientMessageId: id,
      senderId: this.identity.id,
      text: unsent.text,
      time: Number(ack.createTime),
    });
  }

  #onUnread(unread: ReturnType<messages.BaseUserUnreadStatics['toObject']>): void {
    const own = unread.conversationsList.find((one) => one.conversationId === this.conversation.id);
    this.#change({
      unread: Number(own?.unread ?? 0),
      waitingSince: own?.unreplied ? Number(own.waitingSince) : undefined,
    });
  }

  #onReceipt(receipt: ReturnType<messages.Receipt['toObject']>): void {
    if (receipt.conversationId !== this.conversation.id) return;
    const read = receipt.kind === messages.ReceiptKind.READ;
    this.#raise(receipt.userId ?? '', Number(receipt.seq), read ? Number(receipt.seq) : 0);
  }

  #onTyping(typing: ReturnType<messages.Typing['toObject']>): void {
    if (typing.conversationId !== this.conversation.id || typing.userId === this.identity.id) return;
    clearTimeout(this.#typingEnds);
    this.#typingEnds = setTimeout(() => this.#change({ peerTyping: false }), typingMs);
    this.#change({ peerTyping: true });
  }

  /** R1: positions only grow. */
  #raise(userId: string, deliveredSeq: number, readSeq: number): void {
    const view = this.#view;
    if (userId === this.identity.id) {
      this.#change({ ownReadSeq: Math.max(view.ownReadSeq, readSeq) });
    } else if (userId === this.conversation.peerId) {
      this.#change({
        deliveredSeq: Math.max(view.deliveredSeq, deliveredSeq),
        readSeq: Math.max(view.readSeq, readSeq),
      });
    }
  }

  /** R2, R3: how far this device has the conversation, and how far its person has read it. */
  #tellPosition(): void {
    const seq = this.#history.syncedTo;
    const { DELIVERED, READ } = messages.ReceiptKind;
    if (!this.#client.connected) return;
    if (this.#reading && seq > this.#view.ownReadSeq) {
      this.#tell(READ, seq);
      this.#change({ ownReadSeq: seq });
    } else if (seq > Math.max(this.#toldDelivered, this.#view.ownReadSeq)) {
      this.#tell(DELIVERED, seq);
    }
    this.#toldDelivered = seq;
  }

  #tell(kind: messages.ReceiptKindMap[keyof messages.ReceiptKindMap], seq: number): void {
    const receipt = new messages.Receipt();
    receipt.setConversationId(this.conversation.id);
    receipt.setUserId(this.identity.id);
    receipt.setKind(kind);
    receipt.setSeq(`${seq}`);
    this.#client.publish('receipt', receipt.serializeBinary(), 1);
  }

  #publishAgain(id: string): void {
    const unsent = this.#outbox.items.find((item) => item.id === id);
    if (unsent && this.#client.connected) this.#publish(unsent);
  }

  #publish(unsent: Unsent): void {
    this.conversation.send(this.#client, unsent);
  }

  #showEntries(): void {
    const { entries, hasEarlier } = this.#history;
    this.#change({ entries, hasEarlier, unsent: this.#outbox.items });
  }

  #change(part: Partial<PersonView>): void {
    this.#view = { ...this.#view, ...part };
    for (const listener of [...this.#listeners]) listener();
  }
}
