import type { Content, ConversationView, UserInput } from '@skein/sync';
import type { Core } from './core/core.ts';
import { Send } from './send.ts';

export interface SendOptions extends Omit<Content, 'content'> {
  /** The last entry that the writer had seen (R3); absent: what the open view shows, or else what has been read. */
  readonly contextSeq?: number;
}

/** What a conversation needs of its client. */
export interface ConversationParts {
  readonly core: Core;
  /** Known once it is known who the user is. */
  readonly conversationId: string | Promise<string>;
  readonly newMessageId: () => string;
}

type InConversation = Extract<UserInput, { conversationId: string }>;
type Command = InConversation extends infer One
  ? One extends InConversation
    ? Omit<One, 'conversationId'>
    : never
  : never;

const emptyView: ConversationView = {
  conversationId: '',
  sync: { name: 'catching up' },
  entries: [],
  older: 'none',
  unread: 0,
  readSeq: 0,
  members: [],
  typing: [],
};

/** One conversation: what is in it, and what one can do in it. */
export class Conversation {
  readonly #core: Core;
  readonly #ready: Promise<string>;
  readonly #newMessageId: () => string;
  readonly #listeners = new Set<() => void>();
  #id: string | undefined;
  #unsubscribe: () => void = () => {};
  #view: ConversationView = emptyView;

  /** Use `skein.conversation`. */
  constructor({ core, conversationId, newMessageId }: ConversationParts) {
    this.#core = core;
    this.#newMessageId = newMessageId;
    this.#ready = Promise.resolve(conversationId);
    if (typeof conversationId === 'string') this.#id = conversationId;
    else {
      this.#ready.then(
        (id) => {
          this.#id = id;
        },
        // Every use of it rejects with the reason.
        () => {},
      );
    }
  }

  /** As of now; immutable, the same object until something changes. Kept up to date while somebody subscribes. */
  get view(): ConversationView {
    this.#view = (this.#id !== undefined && this.#core.conversation(this.#id)) || this.#view;
    return this.#view;
  }

  /** Called at once, and whenever the view is another one. Answers how to stop. */
  subscribe(listener: (view: ConversationView) => void): () => void {
    let last: ConversationView | undefined;
    const tell = () => {
      const { view } = this;
      if (view === last) return;
      last = view;
      listener(view);
    };
    if (this.#listeners.size === 0) this.#open();
    this.#listeners.add(tell);
    tell();
    return () => {
      if (!this.#listeners.delete(tell) || this.#listeners.size > 0) return;
      this.#unsubscribe();
      this.#command({ type: 'close' }).catch(() => {});
    };
  }

  /** Sends text, or what `options.messageType` says. */
  send(content: string, options: SendOptions = {}): Send {
    const { contextSeq, ...rest } = options;
    const clientMessageId = this.#newMessageId();
    const taken = this.#command({
      type: 'send',
      clientMessageId,
      content: { content, ...rest },
      ...(contextSeq !== undefined && { contextSeq }),
    });
    return new Send(this.#core, clientMessageId, taken);
  }

  /** One more page of what is before, from the device if it is there, else from the server; resolves when it is in the view. */
  async older(): Promise<void> {
    await this.#command({ type: 'older' });
    if (this.view.older !== 'loading') return;
    await new Promise<void>((resolve) => {
      const unsubscribe = this.#core.subscribe(() => {
        if (this.view.older === 'loading') return;
        unsubscribe();
        resolve();
      });
    });
  }

  /** Everything up to `seq` has been read; without it, all that there is. Resolves when it is noted. */
  markRead(seq?: number): Promise<void> {
    return this.#command({ type: 'markRead', ...(seq !== undefined && { seq }) });
  }

  /** To be called as often as keys are pressed. */
  typing(): void {
    this.#command({ type: 'typing' }).catch(() => {});
  }

  #open(): void {
    this.#unsubscribe = this.#core.subscribe((changes) => {
      const mine = changes.some((one) => one.what === 'conversation' && one.conversationId === this.#id);
      if (mine) for (const tell of [...this.#listeners]) tell();
    });
    this.#command({ type: 'open' }).catch(() => {});
  }

  async #command(command: Command): Promise<void> {
    const conversationId = this.#id ?? (await this.#ready);
    await this.#core.command({ ...command, conversationId } as InConversation);
  }
}
