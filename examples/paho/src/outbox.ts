/** A message that the server has not yet said to have stored. */
export interface Unsent {
  /** The page's own id: sent again with the same one, it is stored only once (I1). */
  readonly id: string;
  readonly text: string;
  readonly time: number;
  /** Why it was refused; absent while it is on its way. */
  readonly refused?: string;
}

/** Keeps what was written until it is stored, also over a reload of the page. */
export class Outbox {
  readonly #key: string;
  #items: readonly Unsent[];

  constructor(key: string) {
    this.#key = key;
    this.#items = read(key);
  }

  get items(): readonly Unsent[] {
    return this.#items;
  }

  add(item: Unsent): void {
    this.#set([...this.#items, item]);
  }

  /** The item with this id, no longer in the box; undefined when it is not there. */
  take(id: string): Unsent | undefined {
    const item = this.#items.find((one) => one.id === id);
    if (item) this.#set(this.#items.filter((one) => one !== item));
    return item;
  }

  refuse(id: string, reason: string): void {
    this.#set(this.#items.map((one) => (one.id === id ? { ...one, refused: reason } : one)));
  }

  #set(items: readonly Unsent[]): void {
    this.#items = items;
    localStorage.setItem(this.#key, JSON.stringify(items));
  }
}

function read(key: string): readonly Unsent[] {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '[]') as Unsent[];
  } catch {
    return [];
  }
}

/** An id that grows with time, in decimal: milliseconds, and 22 random bits. */
export function newMessageId(now: number): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0]! >>> 10;
  return ((BigInt(now) << 22n) | BigInt(random)).toString();
}
