import type { Millis } from '@skein/chat';

interface Due {
  readonly at: Millis;
  /** Of two at the same time, the one that was set first comes first. */
  readonly order: number;
  /** Undefined once it is called off. */
  run: (() => void) | undefined;
}

/**
 * What will happen, by virtual time. Nothing happens but by a step of the agenda, so that whoever steps decides what
 * time is.
 */
export class Agenda {
  /** Virtual Unix milliseconds that only grow: the true time, which no clock of the world need show. */
  now: Millis = Date.UTC(2026, 0, 5, 8);
  /** How many steps were taken. */
  steps = 0;
  readonly #due: Due[] = [];
  /** What only looks whether there is something to do. */
  readonly #looks: Due[] = [];
  #set = 0;

  /** Runs once, at a time from now on. @returns how to call it off */
  at(at: Millis, run: () => void): () => void {
    return this.#put(this.#due, at, run);
  }

  /** The same for what only looks whether there is something to do: in silence it need not be exact. */
  look(at: Millis, run: () => void): () => void {
    return this.#put(this.#looks, at, run);
  }

  #put(heap: Due[], at: Millis, run: () => void): () => void {
    this.#set += 1;
    const due: Due = { at: Math.max(at, this.now), order: this.#set, run };
    push(heap, due);
    return () => {
      due.run = undefined;
    };
  }

  after(delayMs: Millis, run: () => void): () => void {
    return this.at(this.now + delayMs, run);
  }

  /** When the next step is; undefined when nothing is to come. */
  get next(): Millis | undefined {
    return this.#first?.[0]?.at;
  }

  /** When something happens next that is more than a look. */
  get nextWork(): Millis | undefined {
    return live(this.#due)[0]?.at;
  }

  /** Where the next step is. */
  get #first(): Due[] | undefined {
    const [due] = live(this.#due);
    const [look] = live(this.#looks);
    if (due && look) return isBefore(due, look) ? this.#due : this.#looks;
    return due ? this.#due : look ? this.#looks : undefined;
  }

  /** Goes on to what is due next and lets it happen. */
  step(): void {
    const heap = this.#first;
    const due = heap && pop(heap);
    if (due?.run === undefined) return;
    this.now = due.at;
    this.steps += 1;
    due.run();
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Without what was called off at its front. */
function live(heap: Due[]): Due[] {
  while (heap.length > 0 && heap[0]!.run === undefined) pop(heap);
  return heap;
}

/** A binary heap: each is before the two at twice its place. */
function push(heap: Due[], due: Due): void {
  let place = heap.length;
  heap.push(due);
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(due, heap[parent]!)) break;
    heap[place] = heap[parent]!;
    place = parent;
  }
  heap[place] = due;
}

function pop(heap: Due[]): Due | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || first === last) return first;
  let place = 0;
  for (;;) {
    let child = place * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[place] = heap[child]!;
    place = child;
  }
  heap[place] = last;
  return first;
}
