interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** What is to happen, by time; what is at the same time, in the order in which it was said. */
export class EventQueue {
  readonly #heap: Event[] = [];
  #order = 0;

  push(at: number, run: () => void): void {
    this.#order += 1;
    const heap = this.#heap;
    heap.push({ at, order: this.#order, run });
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!isBefore(heap[i]!, heap[parent]!)) break;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }

  get nextAt(): number | undefined {
    return this.#heap[0]?.at;
  }

  pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    heap[0] = last;
    for (let i = 0; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
      }
      if (least === i) break;
      [heap[i], heap[least]] = [heap[least]!, heap[i]!];
      i = least;
    }
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
