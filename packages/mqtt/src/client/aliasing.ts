/** Gives numbers to the topics that are published to first, as many as the server allows, on one connection (3.3.2.3.4). */
export class Aliasing {
  readonly #maximum: number;
  readonly #aliases = new Map<string, number>();

  /** @param maximum the server's Topic Alias Maximum */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** How to name this topic: by its alias alone once the server knows it; undefined: there is no alias left. */
  name(topic: string): { readonly topic: string; readonly topicAlias: number } | undefined {
    const known = this.#aliases.get(topic);
    if (known !== undefined) return { topic: '', topicAlias: known };
    return this.#aliases.size < this.#maximum ? { topic, topicAlias: this.#aliases.size + 1 } : undefined;
  }

  /** Notes that the server was told of this alias. */
  told(topic: string, topicAlias: number): void {
    this.#aliases.set(topic, topicAlias);
  }
}
