import { MessageType, type Millis, type Seq } from '@skein/chat';
import type { Refusal } from '@skein/protocol';
import type { Content, StoredNumbers } from './entry.ts';
import { settledSends } from './limits.ts';
import type { OutboxRow } from './rows.ts';
import type { SendState, SendView } from './view.ts';

/** Where a send is. */
export type Phase =
  /** The device's storage has not answered yet (Q1). */
  | { readonly name: 'keeping' }
  /** Waits for its turn, from a time on. */
  | { readonly name: 'ready'; readonly at: Millis }
  /** On its way; what became of it is unknown until there is an answer (I3). */
  | { readonly name: 'sending'; readonly answerBy: Millis }
  /** In the log, at a place that is not read yet. */
  | { readonly name: 'stored'; readonly numbers: StoredNumbers }
  | { readonly name: 'failed'; readonly refusal: Refusal };

/** A send that is not yet in the log as this device knows it. */
export interface Send {
  row: OutboxRow;
  kept: boolean;
  phase: Phase;
  attempts: number;
}

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

export function viewOf({ row, kept, phase }: Send): SendView {
  const { clientMessageId, conversationId } = row;
  const view = { clientMessageId, conversationId, state: stateOf(phase, kept) };
  switch (phase.name) {
    case 'failed':
      return { ...view, refusal: phase.refusal };
    case 'stored':
      return { ...view, seq: phase.numbers.seq, messageId: phase.numbers.messageId };
    default:
      return view;
  }
}

/** The state of a send as it is shown (Q1, Q2). */
export function stateOf(phase: Phase, kept: boolean): Exclude<SendState, 'delivered' | 'read'> {
  switch (phase.name) {
    case 'keeping':
      return 'keeping';
    case 'ready':
    case 'sending':
      return kept ? 'queued' : 'not kept';
    case 'stored':
      return 'sent';
    case 'failed':
      return 'failed';
    default:
      return phase satisfies never;
  }
}

/** What makes two sends under one key the same (I2). */
export function sameness({ content, messageType = MessageType.TEXT, targetSeq, toReply, extend }: Content) {
  return {
    content,
    messageType,
    ...(targetSeq !== undefined && { targetSeq }),
    ...(toReply !== undefined && { toReply }),
    ...(extend !== undefined && { extend }),
  };
}

/** What became of the last sends, for those who ask later. */
export class SettledSends {
  readonly #views = new Map<string, SendView>();

  add(view: SendView): void {
    this.#views.set(view.clientMessageId, view);
    if (this.#views.size > settledSends) this.#views.delete(this.#views.keys().next().value!);
  }

  get(clientMessageId: string): SendView | undefined {
    return this.#views.get(clientMessageId);
  }

  has(clientMessageId: string): boolean {
    return this.#views.has(clientMessageId);
  }
}
