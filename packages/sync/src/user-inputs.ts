import type { Millis } from '@skein/chat';
import type { Context } from './context.ts';
import type { ConversationList } from './conversation-list.ts';
import type { UserInput } from './input.ts';
import { typingEveryMs } from './limits.ts';
import type { Line } from './line.ts';
import type { Outbox } from './outbox.ts';
import { decimal } from './wire.ts';

/** What the user does, each to the machine that it is for. */
export class UserInputs {
  readonly #context: Context;
  readonly #list: ConversationList;
  readonly #outbox: Outbox;
  #typed: { readonly conversationId: string; readonly at: Millis } | undefined;

  constructor(context: Context, list: ConversationList, outbox: Outbox) {
    this.#context = context;
    this.#list = list;
    this.#outbox = outbox;
  }

  handle(input: UserInput, line: Line): void {
    switch (input.type) {
      case 'send':
        this.#send(input);
        break;
      case 'retry':
        this.#outbox.retry(input.clientMessageId);
        break;
      case 'discard':
        this.#outbox.discard(input.clientMessageId);
        break;
      case 'open':
        this.#list.show(input.conversationId);
        break;
      case 'close':
        this.#list.hide(input.conversationId);
        break;
      case 'older':
        this.#list.get(input.conversationId)?.screen?.readOlder();
        break;
      case 'markRead':
        this.#list.get(input.conversationId)?.markRead(input.seq ?? Number.MAX_SAFE_INTEGER);
        break;
      case 'typing':
        if (line.name !== 'down') this.#type(input.conversationId);
        break;
      default:
        input satisfies never;
    }
  }

  /** R3: what the writer had seen is what the view shows, or else what has been read. */
  #send({
    conversationId,
    clientMessageId,
    content,
    contextSeq,
  }: Extract<UserInput, { type: 'send' }>): void {
    const conversation = this.#list.obtain(conversationId);
    const seen = conversation?.screen ? conversation.cursor : conversation?.standing.own.read;
    this.#outbox.add({ conversationId, clientMessageId, content, contextSeq: contextSeq ?? seen ?? 0 });
  }

  #type(conversationId: string): void {
    const { now, wall, userId } = this.#context;
    if (this.#typed?.conversationId === conversationId && now - this.#typed.at < typingEveryMs) return;
    this.#typed = { conversationId, at: now };
    const payload = { conversationId, userId, until: decimal(wall + typingEveryMs * 2) };
    this.#context.emit({ type: 'publish', token: this.#context.token(), qos: 0, name: 'typing', payload });
  }
}
