import { type Millis, repeatOf, type Seq } from '@skein/chat';
import { type Ack, type Refusal, refusal } from '@skein/protocol';
import { unfit } from './admission.ts';
import type { Context } from './context.ts';
import type { LogEntry, StoredNumbers } from './entry.ts';
import type { Journal } from './journal.ts';
import { ackTimeoutMs, outboxSends, sendsInFlight } from './limits.ts';
import { isTemporary, refusalOfAck, retryAfterMs } from './refusal.ts';
import type { OutboxRow } from './rows.ts';
import {
  type NewSend,
  type OutboxListener,
  type Phase,
  type Send,
  SettledSends,
  sameness,
  viewOf,
} from './send.ts';
import type { SendView } from './view.ts';
import { entryOfSend, given, numbersOfAck, publicationOf } from './wire.ts';

const outboxFull = refusal('UNAVAILABLE', `${outboxSends} sends wait already: try again when some are sent`);

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
  readonly #settled = new SettledSends();
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
    return this.summaries.filter(({ failed }) => failed).length;
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
    const refused = this.#sends.size >= outboxSends ? outboxFull : unfit(row, this.#context);
    if (refused) {
      this.#settle({ clientMessageId, conversationId, state: 'failed', refusal: refused });
      return;
    }
    this.#keep({ row, kept: false, phase: { name: 'keeping' }, attempts: 0 });
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

  /** Another epoch (S4): what was stored or seen where means nothing now; under its key a send can go out again. */
  restart(): void {
    for (const send of this.#sends.values()) {
      send.row = { ...send.row, contextSeq: 0 };
      this.#journal.putSend(send.row);
      if (send.phase.name === 'stored') send.phase = { name: 'ready', at: this.#context.now };
    }
  }

  get deadline(): Millis | undefined {
    if (!this.#open || this.#sends.size === 0) return undefined;
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
      if (send.phase.name === 'sending' && send.phase.answerBy <= now) {
        // The answer was lost: the same key asks again what became of it (I3).
        this.#forgetToken(send.row.clientMessageId);
        send.phase = { name: 'ready', at: now };
      }
      if (send.phase.name === 'ready' && send.phase.at <= now && this.#flying.size < sendsInFlight) {
        this.#publish(send);
      }
    }
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
    const { clientMessageId = '0', conversationId, code = 0, reason = '' } = given(ack);
    const send = this.#sends.get(clientMessageId);
    if (!send || (conversationId !== undefined && conversationId !== send.row.conversationId)) return;
    // A failed one is on its way no more: what is stored under its key is another device's (Q2, I2).
    if (send.phase.name === 'failed') return;
    if (code !== 0) this.#refused(send, refusalOfAck(code, reason));
    else {
      const numbers = numbersOfAck(ack, send.row.conversationId);
      if (numbers) this.#stored(send, numbers);
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
    if (send.phase.name !== 'stored') {
      const { messageId, seq, time } = entry;
      const { userId, isBot } = this.#context;
      const sent = entryOfSend(send.row, userId, isBot, { messageId, seq, createTime: time, conversationId });
      // The same key for other content: the server will say CONFLICT (I2).
      if (repeatOf(sameness(entry), sameness(sent)) === 'conflict') return;
    }
    this.#done(send, entry.seq, entry.messageId);
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
    this.#settled.add(view);
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
