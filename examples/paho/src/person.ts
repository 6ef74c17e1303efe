import type { ArticleClient } from './article-client.ts';
import { ChatCalls } from './calls.ts';
import { Connection, type Status } from './connection.ts';
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

const nothingYet: PersonView = {
  status: { kind: 'connecting' },
  lineCut: false,
  entries: [],
  unsent: [],
  hasEarlier: false,
  deliveredSeq: 0,
  readSeq: 0,
  ownReadSeq: 0,
  unread: 0,
  waitingSince: undefined,
  peerTyping: false,
};

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
  readonly #connection: Connection;
  readonly #calls: ChatCalls;
  readonly #outbox: Outbox;
  readonly #history = new History((range) => this.#page(range));
  readonly #listeners = new Set<() => void>();
  #view: PersonView;
  #typingEnds: ReturnType<typeof setTimeout> | undefined;
  #typedAt = 0;
  #reading = false;
  /** What the server knows of one's own positions. */
  #told = { delivered: 0, read: 0 };

  constructor(identity: Identity, conversation: Conversation, wire: Wire) {
    this.identity = identity;
    this.conversation = conversation;
    this.line = new Line(wire.tap(identity));
    this.#calls = new ChatCalls(this.line, identity.token, (call) => wire.call(identity, call));
    this.#outbox = new Outbox(`skein-paho:${identity.id}:${conversation.id}`);
    this.#view = { ...nothingYet, unsent: this.#outbox.items };
    this.#connection = new Connection(identity, this.line, wire, {
      onMessage: (name, payload) => this.#onMessage(name, payload),
      onStatus: (status) => this.#change({ status, peerTyping: false }),
      catchUp: () => this.#catchUp(),
      onCurrent: () => {
        for (const unsent of this.#outbox.items) if (!unsent.refused) this.#publish(unsent);
      },
    });
    this.line.subscribe(() => this.#change({ lineCut: this.line.isCut }));
  }

  get view(): PersonView {
    return this.#view;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    void this.#connection.start();
  }

  /** Puts a text into the outbox, from where it goes out as soon as there is a line. */
  send(text: string): void {
    const now = Date.now();
    const unsent = { id: newMessageId(now), text, time: now };
    this.#outbox.add(unsent);
    this.#typedAt = 0;
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

  async #catchUp(): Promise<void> {
    this.#told = { delivered: 0, read: 0 };
    const { members } = await this.#calls.getPositions(this.conversation.id);
    for (const member of members) {
      this.#raise(member.userId, Number(member.deliveredSeq), Number(member.readSeq));
    }
    await this.#history.catchUp();
    this.#showEntries();
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

  #onMessage(name: string, bytes: Uint8Array): void {
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
    if (this.#history.hasHole) this.#connection.repair();
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
      const { delivered, read } = this.#told;
      this.#told = { delivered: Math.max(delivered, deliveredSeq), read: Math.max(read, readSeq) };
      this.#change({ ownReadSeq: Math.max(view.ownReadSeq, readSeq) });
    } else if (userId === this.conversation.peerId) {
      this.#change({
        deliveredSeq: Math.max(view.deliveredSeq, deliveredSeq),
        readSeq: Math.max(view.readSeq, readSeq),
      });
    }
  }

  /** How far this device has the conversation (R2), and how far its person has read it. */
  #tellPosition(): void {
    if (!this.#client.connected) return;
    const { DELIVERED, READ } = messages.ReceiptKind;
    const delivered = this.#history.syncedTo;
    const read = this.#reading ? delivered : this.#view.ownReadSeq;
    if (read > this.#told.read) this.#tell(READ, read);
    if (delivered > Math.max(read, this.#told.delivered)) this.#tell(DELIVERED, delivered);
    this.#told = { delivered, read };
    this.#change({ ownReadSeq: read });
  }

  #tell(kind: messages.ReceiptKindMap[keyof messages.ReceiptKindMap], seq: number): void {
    const receipt = new messages.Receipt();
    receipt.setConversationId(this.conversation.id);
    receipt.setUserId(this.identity.id);
    receipt.setKind(kind);
    receipt.setSeq(`${seq}`);
    this.#client.publish('receipt', receipt.serializeBinary(), 1);
  }

  get #client(): ArticleClient {
    return this.#connection.client;
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
