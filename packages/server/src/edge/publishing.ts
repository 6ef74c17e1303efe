import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import type { Millis } from '@skein/chat';
import {
  AckSchema,
  type InName,
  isRefusal,
  limits,
  type OutName,
  parseConversationId,
  parseOutTopic,
  Receipt_Kind,
  ReceiptSchema,
  type Refusal,
  refusal,
  refusals,
  TypingSchema,
} from '@skein/protocol';
import type { Identity } from '../auth/identity.ts';
import { readSend } from '../chat/accept.ts';
import { Allowance } from '../chat/allowance.ts';
import type { Audience } from '../chat/audience.ts';
import type { Chat } from '../chat/chat.ts';
import type { Settings } from '../config/settings.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Outcome, Store } from '../store/store.ts';
import type { Timers } from '../timers.ts';
import { sendKey } from './send-key.ts';
import type { Session } from './session.ts';

export interface PublishingParts {
  readonly chat: Chat;
  readonly store: Store;
  readonly audience: Audience;
  readonly settings: Settings;
  readonly metrics: Metrics;
  readonly clock: () => Millis;
  readonly timers: Timers;
  /** Told of errors that are ours. */
  readonly onTrouble: (error: unknown) => void;
}

/** Who publishes, from which device. */
export interface Publisher {
  readonly identity: Identity;
  readonly session: Session;
}

/** What became of a publish; undefined: taken, and there is nothing to say about it. */
type Answer = (outcome: Outcome | undefined) => void;

/** What clients publish, whichever edge they come in by: one method per `out/` topic. */
export class Publishing {
  private readonly parts: PublishingParts;
  private readonly sends: Allowance;
  private readonly signals: Allowance;

  constructor(parts: PublishingParts) {
    this.parts = parts;
    const { sendsPer10s, sendBurst } = parts.settings.limits;
    this.sends = new Allowance(sendsPer10s, sendBurst);
    this.signals = new Allowance(sendsPer10s * limits.signalAllowance, sendBurst * limits.signalAllowance);
  }

  /** A1: to nothing but one's own `out/`. */
  receive(topic: string, payload: Uint8Array, publisher: Publisher, answer: Answer): void {
    const name = this.ownOut(topic, publisher.identity);
    switch (name) {
      case 'message':
      case 'service':
        this.send(name, payload, publisher, answer);
        break;
      case 'receipt':
        this.receipt(payload, publisher, answer);
        break;
      case 'typing':
        this.typing(payload, publisher, answer);
        break;
      case undefined:
        this.refuseTopic(payload, publisher, answer);
        break;
      default:
        name satisfies never;
    }
  }

  ownOut(topic: string, identity: Identity): OutName | undefined {
    const parsed = parseOutTopic(topic);
    return parsed?.user === identity.userId ? parsed.name : undefined;
  }

  private refuse(refused: Refusal, answer: Answer): void {
    this.parts.metrics.refusals.inc({ refusal: refused.refused });
    answer(refused);
  }

  /** A client of 3.1.1 has no other way to learn of it than an Ack, so that each topic's refusal has one. */
  private refuseTopic(payload: Uint8Array, publisher: Publisher, answer: Answer): void {
    if (this.overdoes(publisher, answer)) return;
    this.refuse(notOwnTopic, answer);
    this.tellSender(payload, publisher.identity, notOwnTopic);
  }

  private send(kind: 'message' | 'service', payload: Uint8Array, publisher: Publisher, answer: Answer): void {
    const { identity, session } = publisher;
    const { settings, timers, chat } = this.parts;
    const waitMs = this.sends.take(identity.userId, timers.now());
    const operation =
      waitMs > 0
        ? refusal('RATE_LIMITED', `too many sends: retry after ${waitMs} ms`)
        : readSend(kind, payload, identity, session.origin, settings.limits.contentBytes);
    const settle: Answer = (outcome) => {
      // The publisher's own line first, then the Ack that all its devices get.
      answer(outcome);
      if (outcome) this.tellSender(payload, identity, outcome);
    };
    if (isRefusal(operation)) this.refuse(operation, settle);
    else chat.carryOut(operation, settle);
  }

  /** "Everybody": what became of a send, to all devices of its sender. */
  private tellSender(payload: Uint8Array, identity: Identity, outcome: Outcome): void {
    const encode = () =>
      toBinary(AckSchema, create(AckSchema, { clientMessageId: sendKey(payload), ...ackOf(outcome) }));
    let encoded: Uint8Array | undefined;
    this.parts.audience.publish(
      identity.userId,
      'ack',
      () => {
        encoded ??= encode();
        return encoded;
      },
      { qos: 1 },
    );
  }

  private receipt(payload: Uint8Array, publisher: Publisher, answer: Answer): void {
    const { identity, session } = publisher;
    const receipt = decode(ReceiptSchema, payload);
    const kind = receipt && receiptKinds.get(receipt.kind);
    const conversationId = receipt && knownConversation(receipt.conversationId);
    if (!receipt || !kind || !conversationId) {
      this.refuse(refusal('MALFORMED', 'a receipt names a conversation, a kind and a seq'), answer);
      return;
    }
    if (this.overdoes(publisher, answer)) return;
    if (kind === 'delivered') session.sendsReceipts = true;
    const seq = Math.min(Number(receipt.seq), Number.MAX_SAFE_INTEGER);
    this.parts.chat.carryOut({ type: 'raise', userId: identity.userId, conversationId, kind, seq }, answer);
  }

  private typing(payload: Uint8Array, publisher: Publisher, answer: Answer): void {
    const typing = decode(TypingSchema, payload);
    const conversationId = typing && knownConversation(typing.conversationId);
    if (!conversationId) {
      this.refuse(refusal('MALFORMED', 'typing names a conversation'), answer);
      return;
    }
    if (this.overdoes(publisher, answer)) return;
    const now = this.parts.clock();
    // Server wins: nobody types longer than that without saying so again.
    const until = Math.max(now, Math.min(Number(typing.until) || now, now + limits.maxTypingMs));
    this.relayTyping(publisher, conversationId, until).then(answer).catch(this.parts.onTrouble);
  }

  private async relayTyping(
    { identity, session }: Publisher,
    conversationId: string,
    until: Millis,
  ): Promise<Refusal | undefined> {
    const members = await this.parts.store.members(identity, conversationId);
    if (isRefusal(members)) return members;
    const encoded = toBinary(
      TypingSchema,
      create(TypingSchema, { conversationId, userId: identity.userId, until: String(until) }),
    );
    const name: InName = 'typing';
    for (const { userId } of members.members) {
      const except = userId === identity.userId ? { except: session.origin } : {};
      this.parts.audience.publish(userId, name, () => encoded, except);
    }
    return undefined;
  }

  /** In how many milliseconds a user may give one more signal; 0: now. */
  signal(identity: Identity): Millis {
    return this.signals.take(identity.userId, this.parts.timers.now());
  }

  private overdoes({ identity }: Publisher, answer: Answer): boolean {
    const waitMs = this.signal(identity);
    if (waitMs === 0) return false;
    this.refuse(refusal('RATE_LIMITED', `too many signals: retry after ${waitMs} ms`), answer);
    return true;
  }

  sweep(now: Millis): void {
    this.sends.sweep(now);
    this.signals.sweep(now);
  }
}

const notOwnTopic = refusal('NOT_ALLOWED', 'a client publishes to its own skein/v1/{me}/out/ topics only');

const receiptKinds = new Map<Receipt_Kind, 'delivered' | 'read'>([
  [Receipt_Kind.DELIVERED, 'delivered'],
  [Receipt_Kind.READ, 'read'],
]);

function knownConversation(id: string): string | undefined {
  return parseConversationId(id) ? id : undefined;
}

function decode<T extends DescMessage>(schema: T, payload: Uint8Array): MessageShape<T> | undefined {
  try {
    return fromBinary(schema, payload);
  } catch {
    return undefined;
  }
}

function ackOf(outcome: Outcome) {
  if (isRefusal(outcome)) return { code: refusals[outcome.refused].code, reason: outcome.reason };
  if (outcome.type !== 'stored') return {};
  const { id, conversationId, seq, time } = outcome.entry;
  return { code: 0, messageId: id.toString(), conversationId, seq: String(seq), createTime: String(time) };
}
