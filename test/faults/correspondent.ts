import type { PublishPacket } from '@skein/mqtt';
import { inTopic, outTopic } from '@skein/protocol';
import type { HistoryEvent, LogEntry, Random, SendKey } from '@skein/testkit';
import { type Answer, Device, type DeviceOptions, LineLost } from './device.ts';
import { type Letter, letterTo, readAck, readDelivery, readReceipt, serviceLetter } from './letter.ts';

export interface CorrespondentOptions {
  readonly device: Omit<DeviceOptions, 'onMessage' | 'cleanStart' | 'sessionExpiryS'> & {
    readonly clientId: string;
  };
  /** Where it writes to, at random. */
  readonly conversations: readonly string[];
  readonly random: Random;
  readonly history: HistoryEvent[];
  /** Sends on the way at a time. */
  readonly window?: number;
}

interface Seen {
  readonly seq: number;
  readonly messageId: string;
}

const subscribedTo = ['message', 'service', 'ack'] as const;

/** One in so many deliveries is answered by a read receipt. */
const readEvery = 10;

/**
 * A device that writes as fast as it is answered, keeps what was not acknowledged, and sends it again, in its order,
 * over the next connection. All that it sends and sees goes into the history.
 */
export class Correspondent {
  /** Unacknowledged, in the order of writing. */
  readonly outbox = new Map<string, Letter>();
  readonly seen = new Map<string, Set<number>>();
  written = 0;
  acknowledged = 0;
  readonly #options: CorrespondentOptions;
  readonly #window: number;
  #device: Device | undefined;
  #writing = false;
  #deliveries = 0;

  constructor(options: CorrespondentOptions) {
    this.#options = options;
    this.#window = options.window ?? 8;
  }

  get user(): string {
    return this.#options.device.user;
  }

  get token(): string {
    return this.#options.device.token;
  }

  get conversations(): readonly string[] {
    return this.#options.conversations;
  }

  /** Connects and goes on. False: the line broke meanwhile. */
  async connect(): Promise<boolean> {
    const { device: options } = this.#options;
    try {
      const device = await Device.connect({
        ...options,
        cleanStart: false,
        sessionExpiryS: 3_600,
        onMessage: (packet) => this.#receive(packet),
      });
      if (!device.connack.sessionPresent) {
        await device.subscribe(subscribedTo.map((name) => inTopic(this.user, name)));
      }
      this.#device = device;
    } catch (error) {
      if (error instanceof LineLost) return false;
      throw error;
    }
    for (const letter of this.outbox.values()) this.#send(letter);
    this.#fill();
    return true;
  }

  /** Writes from now on, whenever it is connected. */
  write(): void {
    this.#writing = true;
    this.#fill();
  }

  rest(): void {
    this.#writing = false;
  }

  cut(): void {
    this.#device?.cut();
  }

  /** What it is still to be shown; its own it need not be handed. */
  missing(log: readonly LogEntry[]): LogEntry[] {
    const own = `${this.#options.device.clientId} `;
    return log.filter(
      (entry) =>
        this.conversations.includes(entry.conversationId) &&
        !this.has(entry) &&
        !entry.content.startsWith(own),
    );
  }

  has({ conversationId, seq }: LogEntry): boolean {
    return this.seen.get(conversationId)?.has(seq) ?? false;
  }

  #fill(): void {
    while (this.#writing && this.#device && this.outbox.size < this.#window) {
      const letter = this.#compose();
      this.written += 1;
      this.outbox.set(letter.clientMessageId, letter);
      this.#send(letter);
    }
  }

  #compose(): Letter {
    const conversationId = this.#options.random.pick(this.conversations);
    const content = `${this.#options.device.clientId} writes ${this.written}`;
    const contextSeq = String(Math.max(0, ...[...(this.seen.get(conversationId) ?? [])].slice(-1)));
    const compose = conversationId.startsWith('cs:') ? serviceLetter : letterTo;
    return compose(conversationId, this.user, content, { contextSeq });
  }

  #send(letter: Letter): void {
    const device = this.#device!;
    const key = this.#keyOf(letter);
    const { history } = this.#options;
    history.push({ ...key, type: 'send', device: this.#options.device.clientId, content: letter.content });
    device.publish(letter.topic, letter.payload).then(
      (answer) => this.#answered(letter, answer),
      (error: unknown) => {
        if (!(error instanceof LineLost)) throw error;
        history.push({ ...key, type: 'unknown' });
        if (this.#device === device) this.#device = undefined;
      },
    );
  }

  #answered(letter: Letter, { reasonCode, properties }: Answer): void {
    this.outbox.delete(letter.clientMessageId);
    this.acknowledged += 1;
    if (reasonCode !== 0) this.#options.history.push({ ...this.#keyOf(letter), type: 'refused' });
    else if (properties.seq !== undefined && properties['message-id'] !== undefined) {
      this.#stored(letter.conversationId, letter.clientMessageId, {
        seq: Number(properties.seq),
        messageId: properties['message-id'],
      });
    }
    this.#fill();
  }

  #stored(conversationId: string, clientMessageId: string, entry: Seen): void {
    const key: SendKey = { conversationId, senderId: this.user, clientMessageId };
    this.#options.history.push({ ...key, type: 'acknowledged', ...entry });
    this.#show(conversationId, entry);
  }

  #receive(packet: PublishPacket): void {
    if (packet.topic.endsWith('/ack')) {
      // To a device of 3.1.1 it is the only one to tell the number; those of the others repeat what PUBACK said.
      const { clientMessageId, messageId, conversationId, seq, code } = readAck(packet);
      if (code === 0)
        this.#stored(conversationId!, clientMessageId!, { seq: Number(seq), messageId: messageId! });
      return;
    }
    const { conversationId, seq, messageId } = readDelivery(packet);
    this.#show(conversationId!, { seq: Number(seq), messageId: messageId! });
    this.#deliveries += 1;
    if (this.#deliveries % readEvery === 0) {
      const receipt = readReceipt(conversationId!, seq!);
      this.#device?.publish(outTopic(this.user, 'receipt'), receipt, 0).catch(() => {});
    }
  }

  #show(conversationId: string, entry: Seen): void {
    const seen = this.seen.get(conversationId) ?? new Set();
    this.seen.set(conversationId, seen.add(entry.seq));
    this.#options.history.push({
      type: 'seen',
      by: this.#options.device.clientId,
      conversationId,
      ...entry,
    });
  }

  #keyOf({ conversationId, clientMessageId }: Letter): SendKey {
    return { conversationId, senderId: this.user, clientMessageId };
  }
}
