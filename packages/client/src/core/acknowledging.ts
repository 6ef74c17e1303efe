/**
 * When messages from the server may be acknowledged: once the storage transactions that hold them are kept (R2). There
 * is one transaction at a time, so what comes in while one is written is in the next.
 */
export class Acknowledging {
  /** Handed to the core, and in no transaction that was begun. */
  #arrived: (() => void)[] = [];
  #written: (() => void)[] | undefined;

  received(settle: () => void): void {
    this.#arrived.push(settle);
  }

  storing(): void {
    this.#written = this.#arrived;
    this.#arrived = [];
  }

  /** The transaction is kept, or can never be: then the page is all that there is. */
  stored(): void {
    const written = this.#written ?? [];
    this.#written = undefined;
    for (const settle of written) settle();
  }

  /** The core has nothing more to do at once: what is not being written has nothing that is to be kept. */
  idle(): void {
    if (this.#written !== undefined) return;
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const settle of arrived) settle();
  }
}
