/**
 * When what came may be acknowledged: once the transaction that holds it is kept. There is one at a time, so that
 * what comes while it is written is in the next.
 */
export class Acknowledging {
  #arrived: (() => void)[] = [];
  #written: (() => void)[] | undefined;

  received(settle: () => void): void {
    this.#arrived.push(settle);
  }

  storing(): void {
    this.#written = this.#arrived;
    this.#arrived = [];
  }

  stored(): void {
    const written = this.#written ?? [];
    this.#written = undefined;
    for (const settle of written) settle();
  }

  /** All effects are carried out, and no transaction is being written: there is nothing to keep. */
  idle(): void {
    if (this.#written !== undefined) return;
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const settle of arrived) settle();
  }
}
