import type { Changed, SendState, SendView } from '@skein/sync';
import type { Core } from './core/core.ts';
import { refused, type SkeinError } from './error.ts';

/** Where a message was stored. */
export interface StoredMessage {
  readonly seq: number;
  readonly messageId: string;
}

/**
 * A message on its way. Await it to know that the server has stored it; it rejects with the refusal when it failed for
 * good. While the device is offline it waits, also over reloads (Q1, Q3), and a page may go on without awaiting it.
 */
export class Send implements PromiseLike<StoredMessage> {
  /** Its idempotency key (I1). */
  readonly clientMessageId: string;
  readonly #core: Core;
  readonly #taken: Promise<void>;
  #last: SendView | undefined;

  /** @param taken rejects when the core did not take it in */
  constructor(core: Core, clientMessageId: string, taken: Promise<void>) {
    this.#core = core;
    this.clientMessageId = clientMessageId;
    this.#taken = taken;
    // Whoever awaits is told; whoever does not has `state`.
    taken.catch(() => {});
  }

  /** Only goes forward (Q2); `not kept` when the device could not keep it: it is lost if the page is closed now. */
  get state(): SendState {
    return this.#look()?.state ?? 'keeping';
  }

  /** Why it failed. */
  get error(): SkeinError | undefined {
    const refusal = this.#look()?.refusal;
    return refusal && refused(refusal);
  }

  /** Called at each change of `state`. Answers how to stop. */
  subscribe(listener: (state: SendState) => void): () => void {
    let state = this.state;
    return this.#core.subscribe(() => {
      if (this.state === state) return;
      state = this.state;
      listener(state);
    });
  }

  /** Once more, after it failed. */
  retry(): Promise<void> {
    return this.#core.command({ type: 'retry', clientMessageId: this.clientMessageId });
  }

  /** Gives up a send that failed. */
  discard(): Promise<void> {
    return this.#core.command({ type: 'discard', clientMessageId: this.clientMessageId });
  }

  // biome-ignore lint/suspicious/noThenProperty: it is to be awaited, and nobody who does not await it is to be told of a rejection
  then<A = StoredMessage, B = never>(
    stored?: ((message: StoredMessage) => A | PromiseLike<A>) | null,
    failed?: ((error: SkeinError) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#outcome().then(stored, failed);
  }

  async #outcome(): Promise<StoredMessage> {
    await this.#taken;
    return new Promise((resolve, reject) => {
      const look = () => {
        const view = this.#look();
        if (view?.state === 'failed') settle(() => reject(this.error));
        else if (view?.seq !== undefined && view.messageId !== undefined) {
          const { seq, messageId } = view;
          settle(() => resolve({ seq, messageId }));
        }
      };
      const settle = (tell: () => void) => {
        unsubscribe();
        tell();
      };
      const unsubscribe = this.#core.subscribe((changes: readonly Changed[]) => changes.length > 0 && look());
      look();
    });
  }

  /** The core forgets in time what has long been done. */
  #look(): SendView | undefined {
    this.#last = this.#core.send(this.clientMessageId) ?? this.#last;
    return this.#last;
  }
}
