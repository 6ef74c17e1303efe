import {
  emptyTimeline,
  hasHole,
  mergeEarlier,
  mergeLive,
  mergePage,
  syncedTo,
  type Timeline,
  type TimelineEntry,
} from './timeline.ts';

/** A page of entries, ascending, and what the server said of the whole. */
export interface Page {
  readonly entries: readonly TimelineEntry[];
  /** The last seq, read before the entries. */
  readonly headSeq: number;
  /** The first seq that one may read. */
  readonly firstSeq: number;
  /** Names the store: a restored one has another. */
  readonly epoch: string;
}

export interface Range {
  readonly afterSeq?: string;
  readonly beforeSeq?: string;
  readonly limit: number;
}

const firstPage = 50;
const fullPage = 500;

/** A conversation as one device has it: what arrives live and what is fetched, merged. */
export class History {
  readonly #fetch: (range: Range) => Promise<Page>;
  #timeline: Timeline = emptyTimeline;
  #epoch = '';
  #firstSeq = 1;

  constructor(fetch: (range: Range) => Promise<Page>) {
    this.#fetch = fetch;
  }

  /** In order, without a hole. */
  get entries(): readonly TimelineEntry[] {
    return this.#timeline.entries;
  }

  get syncedTo(): number {
    return syncedTo(this.#timeline);
  }

  /** Something was heard of that is not here yet: fetch it. */
  get hasHole(): boolean {
    return hasHole(this.#timeline);
  }

  get hasEarlier(): boolean {
    return (this.entries[0]?.seq ?? 0) > this.#firstSeq;
  }

  live(entry: TimelineEntry): void {
    this.#timeline = mergeLive(this.#timeline, entry);
  }

  /** S1: call it after SUBACK, when what is stored from then on arrives by itself. */
  async catchUp(): Promise<void> {
    for (;;) {
      const have = this.syncedTo;
      const page = await this.#fetch(
        have > 0 ? { afterSeq: `${have}`, limit: fullPage } : { limit: firstPage },
      );
      const restored = this.#epoch !== '' && page.epoch !== this.#epoch;
      this.#epoch = page.epoch;
      if (restored && have > 0) {
        // S4: what is here may never have been there.
        this.#timeline = emptyTimeline;
        continue;
      }
      this.#firstSeq = page.firstSeq;
      this.#timeline = mergePage(this.#timeline, page.entries, page.headSeq);
      if (!this.hasHole || page.entries.length === 0) return;
    }
  }

  async loadEarlier(): Promise<void> {
    const first = this.entries[0]?.seq;
    if (first === undefined) return;
    const page = await this.#fetch({ beforeSeq: `${first}`, limit: firstPage });
    this.#timeline = mergeEarlier(this.#timeline, page.entries);
  }
}
