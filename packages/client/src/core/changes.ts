import type { Changed } from '@skein/sync';

/** Gathers what changes in one turn of the event loop, and tells it once. */
export class Changes {
  readonly #listeners = new Set<(changes: readonly Changed[]) => void>();
  #pending = new Map<string, Changed>();

  add(changed: Changed): void {
    if (this.#pending.size === 0) queueMicrotask(() => this.#tell());
    this.#pending.set(changed.what === 'conversation' ? changed.conversationId : changed.what, changed);
  }

  subscribe(listener: (changes: readonly Changed[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(): void {
    const changes = [...this.#pending.values()];
    this.#pending = new Map();
    for (const listener of [...this.#listeners]) listener(changes);
  }
}
