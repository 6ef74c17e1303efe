import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import {
  type ChatService,
  directConversation,
  inTopic,
  type Message,
  MessageSchema,
  MessageType,
  outTopic,
  Receipt_Kind,
  ReceiptSchema,
  type UserId,
} from '@skein/protocol';
import type { Published } from './line.ts';
import { printable } from './screen.ts';

export interface ConversationOptions {
  readonly me: UserId;
  readonly peer: UserId;
  readonly calls: Client<typeof ChatService>;
  readonly publish: (topic: string, payload: Uint8Array) => Promise<Published>;
  readonly show: (line: string) => void;
  /** History could not be fetched; `catchUp` is to be called again. */
  readonly onBehind: (reason: string) => void;
}

/** What is shown of a conversation that was had before. */
const shownHistory = 20;

/** A conversation in a terminal, shown by seq and without holes (O4, S2). */
export class Conversation {
  private readonly options: ConversationOptions;
  private readonly id: string;
  /** The last entry that is shown; undefined until the first page. */
  private have: number | undefined;
  private catchingUp: Promise<void> | undefined;
  private isBehind = false;
  private lastClientId = 0n;
  /** One's own sends, which are shown when they are typed. */
  private readonly typedHere = new Set<string>();
  /** How far the other has received and read (R1). */
  private readonly reached = { delivered: 0, read: 0 };

  constructor(options: ConversationOptions) {
    this.options = options;
    this.id = directConversation(options.me, options.peer);
  }

  get filters(): string[] {
    return [inTopic(this.options.me, 'message'), inTopic(this.options.me, 'receipt')];
  }

  /** Fetches what is missing (S1); calls during it make it look once more. */
  catchUp(): Promise<void> {
    this.isBehind = true;
    this.catchingUp ??= this.fetchMissing()
      .catch((error: unknown) => this.options.onBehind(ConnectError.from(error).message))
      .finally(() => {
        this.catchingUp = undefined;
      });
    return this.catchingUp;
  }

  receive(topic: string, payload: Uint8Array): void {
    if (topic === inTopic(this.options.me, 'message'))
      this.receiveMessage(fromBinary(MessageSchema, payload));
    else this.receiveReceipt(payload);
  }

  /** Sends a text; the answer is undefined once it is stored, else why it was not. */
  async send(content: string): Promise<string | undefined> {
    const { me, peer, publish, show } = this.options;
    const clientMessageId = this.nextClientId();
    this.typedHere.add(clientMessageId);
    const message = create(MessageSchema, {
      messageId: clientMessageId,
      clientMessageId,
      senderId: me,
      receiverId: peer,
      content,
      createTime: String(Date.now()),
      messageType: MessageType.TEXT,
      ...(this.have && { contextSeq: String(this.have) }),
    });
    const published = await publish(outTopic(me, 'message'), toBinary(MessageSchema, message));
    if (!published.accepted) {
      show(`  ✗ not sent: ${published.reason ?? 'the server refused it'}`);
      return published.reason ?? 'refused';
    }
    const seq = Number(published.facts.get('seq'));
    show(`  ✓ sent, number ${seq}`);
    if (seq === (this.have ?? 0) + 1) this.have = seq;
    else await this.catchUp();
    return undefined;
  }

  private async fetchMissing(): Promise<void> {
    while (this.isBehind) {
      this.isBehind = false;
      const range = this.have === undefined ? { limit: shownHistory } : { afterSeq: String(this.have) };
      const page = await this.options.calls
        .listMessages({ conversationId: this.id, ...range })
        .catch(emptyIfNew);
      for (const { body } of page.entries) if (body.case === 'message') this.append(body.value);
      this.have ??= 0;
      if (this.have < Number(page.headSeq)) this.isBehind = true;
    }
  }

  private receiveMessage(message: Message): void {
    if (message.conversationId !== this.id) return;
    const isNext = this.have !== undefined && Number(message.seq) === this.have + 1;
    if (isNext && !this.catchingUp) this.append(message);
    else if (Number(message.seq) > (this.have ?? 0)) void this.catchUp();
  }

  private append(message: Message): void {
    const { me, publish, show } = this.options;
    const seq = Number(message.seq);
    if (seq <= (this.have ?? 0)) return;
    this.have = seq;
    if (message.senderId !== me) {
      const receipt = { conversationId: this.id, userId: me, kind: Receipt_Kind.READ, seq: String(seq) };
      void publish(outTopic(me, 'receipt'), toBinary(ReceiptSchema, create(ReceiptSchema, receipt)));
    }
    if (!this.typedHere.has(message.clientMessageId)) show(lineOf(message, me));
  }

  private receiveReceipt(payload: Uint8Array): void {
    const { conversationId, userId, kind, seq } = fromBinary(ReceiptSchema, payload);
    if (conversationId !== this.id || userId !== this.options.peer) return;
    const what = kind === Receipt_Kind.READ ? 'read' : 'delivered';
    const number = Number(seq);
    if (number <= this.reached[what]) return;
    this.reached[what] = number;
    if (what === 'read') this.reached.delivered = Math.max(this.reached.delivered, number);
    this.options.show(`  ✓✓ ${what} up to number ${number}`);
  }

  /** Grows with time, so that the store's index of keys stays cheap: ms << 22, and a random part. */
  private nextClientId(): string {
    const random = BigInt(Math.floor(Math.random() * 2 ** 22));
    const drawn = (BigInt(Date.now()) << 22n) | random;
    this.lastClientId = drawn > this.lastClientId ? drawn : this.lastClientId + 1n;
    return this.lastClientId.toString();
  }
}

function lineOf(message: Message, me: UserId): string {
  const time = new Date(Number(message.createTime)).toTimeString().slice(0, 5);
  const who = message.senderId === me ? 'me' : message.senderId;
  return `${time} ${who}: ${contentOf(message)}`;
}

function contentOf({ messageType, content, targetSeq }: Message): string {
  switch (messageType) {
    case MessageType.UNSPECIFIED:
    case MessageType.TEXT:
      return printable(content);
    case MessageType.RECALL:
      return `(took back number ${targetSeq})`;
    case MessageType.EDIT:
      return `(changed number ${targetSeq}) ${printable(content)}`;
    default:
      return '(not supported by this version)';
  }
}

/** A conversation begins with its first message; before, nobody can tell it from one of others (A2). */
function emptyIfNew(error: unknown): { entries: []; headSeq: string } {
  if (error instanceof ConnectError && error.code === Code.PermissionDenied)
    return { entries: [], headSeq: '0' };
  throw error;
}
