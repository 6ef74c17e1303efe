import { type Millis, repeatOf, type Seq } from '@skein/chat';
import { type Ack, limits, type Refusal, refusal } from '@skein/protocol';
import type { Context } from './context.ts';
import type { Content, LogEntry, StoredNumbers } from './entry.ts';
import type { Journal } from './journal.ts';
import { ackTimeoutMs, outboxSends, sendsInFlight, settledSends } from './limits.ts';
import { isTemporary, refusalOfAck, retryAfterMs } from './refusal.ts';
import type { OutboxRow } from './rows.ts';
import { type Phase, type Send, sameness, viewOf } from './send.ts';
import type { SendView } from './view.ts';
import { entryOfSend, given, publicationOf } from './wire.ts';

/** What a user wants sent. */
export interface NewSend {
  readonly conversationId: string;
  readonly clientMessageId: string;
  readonly content: Content;
  readonly contextSeq: Seq;
}

export interface OutboxListener {
  /** Something of this conversation's sends is shown in another way. */
  changed(conversationId: string): void;
  /** The server has stored it, at this place in the log. */
  stored(send: Send, numbers: StoredNumbers): void;
}

/**
 * Sends, from writing until their entry is in the log as this device knows it. One that is not answered keeps the
 * later ones of its conversation back: a refusal that is tried again would let them overtake it (O3). Sends of
 * different conversations are on their way together (Q3).
 */
export class Outbox {
  readonly #context: Context;
  readonly #journal: Journal;
  readonly #listener: OutboxListener;
  /** In the order of sending. */
  readonly #sends = new Map<string, Send>();
  readonly #flying = new Map<number, string>();
  readonly #settled = new Map<string, SendView>();
  #order = 0;
  #open = false;

  constructor(context: Context, journal: Journal, listener: OutboxListener) {
    this.#context = context;
    this.#journal = journal;
    this.#listener = listener;
  }

  get size(): number {
    return this.#sends.size;
  }

  get failed(): number {
    let failed = 0;
    for (const { phase } of this.#sends.values()) if (phase.name === 'failed') failed += 1;
    return failed;
  }

  /** Where sends are waiting, one by one. */
  get summaries(): { readonly conversationId: string; readonly failed: boolean }[] {
    return Array.from(this.#sends.values(), ({ row, phase }) => ({
      conversationId: row.conversationId,
      failed: phase.name === 'failed',
    }));
  }

  /** What the device has kept. */
  open(rows: readonly OutboxRow[]): void {
    for (const row of rows.toSorted((a, b) => a.sendOrder - b.sendOrder)) {
      const phase: Phase = row.failed
        ? { name: 'failed', refusal: row.failed }
        : { name: 'ready', at: this.#context.now };
      this.#sends.set(row.clientMessageId, { row, kept: true, phase, attempts: 0 });
      this.#order = Math.max(this.#order, row.sendOrder);
    }
  }

  /** The sends of a conversation, in the order of sending. */
  of(conversationId: string): Send[] {
    return [...this.#sends.values()].filter(({ row }) => row.conversationId === conversationId);
  }

  view(clientMessageId: string): SendView | undefined {
    const send = this.#sends.get(clientMessageId);
    return send ? viewOf(send) : this.#settled.get(clientMessageId);
  }

  /** The same key again is the same send (I1). */
  add({ conversationId, clientMessageId, content, contextSeq }: NewSend): void {
    if (this.#sends.has(clientMessageId) || this.#settled.has(clientMessageId)) return;
    this.#order += 1;
    const row: OutboxRow = {
      clientMessageId,
      conversationId,
      sendOrder: this.#order,
      content,
      contextSeq,
      clientTime: this.#context.wall,
    };
    const refused = this.#unfit(row);
    if (refused) {
      this.#settle({ clientMessageId, conversationId, state: 'failed', refusal: refused });
      return;
    }
    this.#keep({ row, kept: false, phase: { name: 'keeping' }, attempts: 0 });
  }

  /** What would be refused anyway, or would break the line again and again, never goes out. */
  #unfit(row: OutboxRow): Refusal | undefined {
    if (this.#sends.size >= outboxSends) {
      return refusal('UNAVAILABLE', `${outboxSends} sends wait already: try again when some are sent`);
    }
    if (publicationOf(row, this.#context.userId, this.#context.isBot) === undefined) {
      return refusal('MALFORMED', `'${row.conversationId}' is no conversation's id`);
    }
    const { content, extend = '' } = row.content;
    if (isLonger(content, limits.maxContentBytes) || isLonger(extend, limits.maxExtendBytes)) {
      return refusal(
        'TOO_LARGE',
        `content may have ${limits.maxContentBytes} bytes and extend ${limits.maxExtendBytes}: send a file instead`,
      );
    }
    return undefined;
  }

  #keep(send: Send): void {
    this.#sends.set(send.row.clientMessageId, send);
    this.#journal.putSend(send.row);
    this.#listener.changed(send.row.conversationId);
  }

  /** What storage said of these sends (Q1). Also what could not be kept goes out, and is shown as what it is. */
  kept(keys: readonly string[], kept: boolean): void {
    for (const key of keys) {
      const send = this.#sends.get(key);
      if (!send || (send.kept === kept && send.phase.name !== 'keeping')) continue;
      send.kept = kept;
      if (send.phase.name === 'keeping') send.phase = { name: 'ready', at: this.#context.now };
      this.#listener.changed(send.row.conversationId);
    }
  }

  /** The line is up. */
  resume(): void {
    this.#open = true;
    for (const send of this.#sends.values()) {
      if (send.phase.name === 'ready') send.phase = { name: 'ready', at: this.#context.now };
    }
  }

  /** The line is down: what is unanswered goes out again, under the same key (I3). */
  pause(): void {
    this.#open = false;
    this.#flying.clear();
    for (const send of this.#sends.values()) {
      if (send.phase.name === 'sending') send.phase = { name: 'ready', at: this.#context.now };
    }
  }

  /**
   * Another epoch (S4): where something was stored and what its writer had seen mean nothing any more, and under its
   * key it can go out again.
   */
  restart(): void {
    for (const send of this.#sends.values()) {
      send.row = { ...send.row, contextSeq: 0 };
      this.#journal.putSend(send.row);
      if (send.phase.name === 'stored') send.phase = { name: 'ready', at: this.#context.now };
    }
  }

  get deadline(): Millis | undefined {
    if (!this.#open) return undefined;
    let earliest: Millis | undefined;
    const full = this.#flying.size >= sendsInFlight;
    for (const { phase } of this.#first()) {
      const at =
        phase.name === 'sending' ? phase.answerBy : phase.name === 'ready' && !full ? phase.at : undefined;
      if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
    }
    return earliest;
  }

  /** The first send of each conversation that is neither stored nor failed. */
  *#first(): Iterable<Send> {
    const met = new Set<string>();
    for (const send of this.#sends.values()) {
      const { name } = send.phase;
      if (name === 'stored' || name === 'failed' || met.has(send.row.conversationId)) continue;
      met.add(send.row.conversationId);
      yield send;
    }
  }

  pump(): void {
    if (!this.#open || this.#sends.size === 0) return;
    const { now } = this.#context;
    for (const send of this.#first()) {
      if (send.phase.name === 'sending' && send.phase.answerBy <= now) this.#lost(send);
      if (send.phase.name === 'ready' && send.phase.at <= now && this.#flying.size < sendsInFlight) {
        this.#publish(send);
      }
    }
  }

  #lost(send: Send): void {
    this.#forgetToken(send.row.clientMessageId);
    send.attempts += 1;
    send.phase = { name: 'ready', at: this.#context.now };
  }

  #publish(send: Send): void {
    const { userId, isBot, now } = this.#context;
    const publication = publicationOf(send.row, userId, isBot);
    if (publication === undefined) throw new Error('a send without a conversation was accepted');
    const token = this.#context.token();
    send.phase = { name: 'sending', answerBy: now + ackTimeoutMs };
    this.#flying.set(token, send.row.clientMessageId);
    this.#context.emit({ type: 'publish', token, qos: 1, ...publication });
  }

  /** PUBACK. Without numbers it says only that somebody has it: the Ack will say that it is stored. */
  published(token: number, numbers: StoredNumbers | undefined): void {
    const send = this.#sends.get(this.#flying.get(token) ?? '');
    if (send && numbers) this.#stored(send, numbers);
  }

  refused(token: number, refusal: Refusal): void {
    const send = this.#sends.get(this.#flying.get(token) ?? '');
    if (send) this.#refused(send, refusal);
  }

  /** An Ack to all devices of the sender: it may be about another device's send. */
  acknowledged(ack: Ack): void {
    const {
      clientMessageId = '0',
      conversationId,
      messageId,
      seq,
      createTime,
      code = 0,
      reason = '',
    } = given(ack);
    const send = this.#sends.get(clientMessageId);
    if (!send || (conversationId !== undefined && conversationId !== send.row.conversationId)) return;
    // A failed one is on its way no more: what is stored under its key is another device's (Q2, I2).
    if (send.phase.name === 'failed') return;
    if (code !== 0) this.#refused(send, refusalOfAck(code, reason));
    else if (messageId !== undefined && Number(seq) > 0) {
      const numbers = { messageId, seq: Number(seq), createTime: Number(createTime ?? 0) };
      this.#stored(send, { ...numbers, conversationId: send.row.conversationId });
    }
  }

  #stored(send: Send, numbers: StoredNumbers): void {
    this.#forgetToken(send.row.clientMessageId);
    if (send.phase.name === 'stored') return;
    send.phase = { name: 'stored', numbers };
    this.#listener.changed(send.row.conversationId);
    this.#listener.stored(send, numbers);
  }

  /** A refusal that comes twice, by PUBACK and by Ack, counts once: the second finds nothing under way. */
  #refused(send: Send, refusal: Refusal): void {
    if (send.phase.name !== 'sending') return;
    this.#forgetToken(send.row.clientMessageId);
    if (isTemporary(refusal)) {
      send.attempts += 1;
      const wait = this.#context.jitter.backoff(send.attempts, retryAfterMs(refusal));
      send.phase = { name: 'ready', at: this.#context.now + wait };
      return;
    }
    send.phase = { name: 'failed', refusal };
    send.row = { ...send.row, failed: refusal };
    this.#journal.putSend(send.row);
    this.#listener.changed(send.row.conversationId);
  }

  /** An entry is in the log: if it is one of these sends, that one is done. */
  placed(conversationId: string, entry: LogEntry): void {
    const { clientMessageId } = entry;
    const send = clientMessageId === undefined ? undefined : this.#sends.get(clientMessageId);
    if (!send || entry.senderId !== this.#context.userId || send.row.conversationId !== conversationId)
      return;
    // The same key for other content: the server will say CONFLICT (I2).
    if (
      send.phase.name !== 'stored' &&
      repeatOf(sameness(entry), sameness(this.#entryOf(send, entry))) === 'conflict'
    )
      return;
    this.#done(send, entry.seq, entry.messageId);
  }

  #entryOf({ row }: Send, { messageId, seq, time }: LogEntry): LogEntry {
    const numbers = { messageId, seq, createTime: time, conversationId: row.conversationId };
    return entryOfSend(row, this.#context.userId, this.#context.isBot, numbers);
  }

  /** The log is known up to a seq: sends stored at or below it are shown by their entries. */
  reached(conversationId: string, seq: Seq): void {
    for (const send of this.#sends.values()) {
      const { row, phase } = send;
      if (phase.name !== 'stored' || row.conversationId !== conversationId || phase.numbers.seq > seq)
        continue;
      this.#done(send, phase.numbers.seq, phase.numbers.messageId);
    }
  }

  #done({ row: { clientMessageId, conversationId } }: Send, seq: Seq, messageId: string): void {
    this.#remove(clientMessageId, conversationId);
    this.#settle({ clientMessageId, conversationId, state: 'sent', seq, messageId });
  }

  #settle(view: SendView): void {
    this.#settled.set(view.clientMessageId, view);
    if (this.#settled.size > settledSends) this.#settled.delete(this.#settled.keys().next().value!);
    this.#listener.changed(view.conversationId);
  }

  #remove(clientMessageId: string, conversationId: string): void {
    this.#forgetToken(clientMessageId);
    this.#sends.delete(clientMessageId);
    this.#journal.removeSend(clientMessageId);
    this.#listener.changed(conversationId);
  }

  #forgetToken(clientMessageId: string): void {
    for (const [token, key] of this.#flying) if (key === clientMessageId) this.#flying.delete(token);
  }

  /** By hand: a failed send goes out again, in its place and under its key. */
  retry(clientMessageId: string): void {
    const send = this.#sends.get(clientMessageId);
    if (send?.phase.name !== 'failed') return;
    const { failed, ...row } = send.row;
    this.#keep({ row, kept: false, phase: { name: 'keeping' }, attempts: 0 });
  }

  /** By hand: a failed send is given up. */
  discard(clientMessageId: string): void {
    const send = this.#sends.get(clientMessageId);
    if (send?.phase.name === 'failed') this.#remove(clientMessageId, send.row.conversationId);
  }
}

const encoder = new TextEncoder();

function isLonger(text: string, bytes: number): boolean {
  return text.length * 3 > bytes && encoder.encode(text).length > bytes;
}
