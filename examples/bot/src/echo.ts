import type { Conversation, ListItemView, ListView, Skein } from '@skein/client';

/** Says again what others say, in every conversation: once each, whatever happens to the line. */
export class Echo {
  readonly #skein: Skein;
  readonly #talks = new Map<string, Conversation>();
  /** By conversation, the last entry that was answered. */
  readonly #answered = new Map<string, number>();
  readonly #stop: () => void;

  constructor(skein: Skein) {
    this.#skein = skein;
    this.#stop = skein.conversations.subscribe((list) => this.#look(list));
  }

  stop(): void {
    this.#stop();
  }

  #look({ sync, conversations }: ListView): void {
    if (sync.name !== 'current') return;
    for (const item of conversations) if (item.unread > 0) this.#answer(item);
  }

  #answer({ conversationId, lastEntry }: ListItemView): void {
    if (lastEntry === undefined || lastEntry.mine) return;
    const { seq, content } = lastEntry;
    if ((this.#answered.get(conversationId) ?? 0) >= seq) return;
    this.#answered.set(conversationId, seq);
    const talk = this.#talks.get(conversationId) ?? this.#skein.conversation({ conversationId });
    this.#talks.set(conversationId, talk);
    // With contextSeq the server also takes it as read (R3), so that it is not answered again after a restart.
    talk.send(`You said: ${content}`, { contextSeq: seq });
  }
}
