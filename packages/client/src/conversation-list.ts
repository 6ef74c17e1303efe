import type { ListView } from '@skein/sync';
import type { Core } from './core/core.ts';

/** The user's conversations, the one that changed last first, with what is unread and unreplied. */
export class ConversationList {
  readonly #core: Core;

  /** Use `skein.conversations`. */
  constructor(core: Core) {
    this.#core = core;
  }

  /** As of now; immutable, the same object until something changes. */
  get view(): ListView {
    return this.#core.list();
  }

  /** Called at once, and whenever the view is another one. Answers how to stop. */
  subscribe(listener: (view: ListView) => void): () => void {
    listener(this.view);
    return this.#core.subscribe((changes) => {
      if (changes.some(({ what }) => what === 'list')) listener(this.view);
    });
  }
}
