/** One entry of a conversation, as a page shows it. */
export interface TimelineEntry {
  readonly seq: number;
  readonly messageId: string;
  /** The sender's own id, by which it knows what it has sent. */
  readonly clientMessageId: string;
  readonly senderId: string;
  readonly text: string;
  /** Server time, in Unix milliseconds. */
  readonly time: number;
}

/**
 * What a page knows of a conversation. `entries` have no hole; what came from beyond one waits in `beyond` until the
 * hole is fetched.
 */
export interface Timeline {
  readonly entries: readonly TimelineEntry[];
  readonly beyond: readonly TimelineEntry[];
  /** The newest seq that was heard of. */
  readonly head: number;
}

export const emptyTimeline: Timeline = { entries: [], beyond: [], head: 0 };

/** The last seq up to which nothing is missing; 0 before anything is known. */
export function syncedTo(timeline: Timeline): number {
  return timeline.entries.at(-1)?.seq ?? 0;
}

export function hasHole(timeline: Timeline): boolean {
  return syncedTo(timeline) < timeline.head;
}

/** S2: the next entry is taken, a later one waits for those before it, an earlier one is known already. */
export function mergeLive(timeline: Timeline, entry: TimelineEntry): Timeline {
  return settle(timeline.entries, [...timeline.beyond, entry], Math.max(timeline.head, entry.seq));
}

/** S1: a page that was fetched after `syncedTo`, or the newest page when there was nothing yet. */
export function mergePage(timeline: Timeline, page: readonly TimelineEntry[], head: number): Timeline {
  const pending = [...page, ...timeline.beyond];
  const first = page[0];
  // The first page of all begins wherever it begins; those after it follow what is there.
  const start = timeline.entries.length === 0 && first ? [first] : timeline.entries;
  return settle(start, pending, Math.max(timeline.head, head));
}

/** The page that ends right below what is there. */
export function mergeEarlier(timeline: Timeline, page: readonly TimelineEntry[]): Timeline {
  const first = timeline.entries[0]?.seq ?? Number.POSITIVE_INFINITY;
  return { ...timeline, entries: [...page.filter((entry) => entry.seq < first), ...timeline.entries] };
}

function settle(known: readonly TimelineEntry[], pending: readonly TimelineEntry[], head: number): Timeline {
  const entries = [...known];
  const beyond: TimelineEntry[] = [];
  let next = (entries.at(-1)?.seq ?? 0) + 1;
  for (const entry of [...pending].sort((a, b) => a.seq - b.seq)) {
    if (entry.seq === next) {
      entries.push(entry);
      next++;
    } else if (entry.seq > next && beyond.at(-1)?.seq !== entry.seq) {
      beyond.push(entry);
    }
  }
  return { entries, beyond, head };
}
