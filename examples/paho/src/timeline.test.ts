import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  emptyTimeline,
  hasHole,
  mergeEarlier,
  mergeLive,
  mergePage,
  syncedTo,
  type TimelineEntry,
} from './timeline.ts';

function entry(seq: number): TimelineEntry {
  return { seq, messageId: `${seq}`, clientMessageId: '0', senderId: '1', text: `#${seq}`, time: 0 };
}

function seqs(entries: readonly TimelineEntry[]): number[] {
  return entries.map(({ seq }) => seq);
}

function range(from: number, to: number): TimelineEntry[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => entry(from + i));
}

describe('a timeline', () => {
  test('S1 what arrives while history is on its way is in the result, once', () => {
    const live = mergeLive(mergeLive(emptyTimeline, entry(7)), entry(6));
    expect(live.entries).toEqual([]);
    const merged = mergePage(live, range(4, 6), 6);
    expect(seqs(merged.entries)).toEqual([4, 5, 6, 7]);
    expect(hasHole(merged)).toBe(false);
  });

  test('S2 nothing beyond a hole is shown until the hole is filled', () => {
    const holed = mergeLive(mergePage(emptyTimeline, range(1, 3), 3), entry(5));
    expect(seqs(holed.entries)).toEqual([1, 2, 3]);
    expect(hasHole(holed)).toBe(true);
    const filled = mergePage(holed, [entry(4)], 5);
    expect(seqs(filled.entries)).toEqual([1, 2, 3, 4, 5]);
    expect(filled.beyond).toEqual([]);
  });

  test('S2 what is known already changes nothing', () => {
    const three = mergePage(emptyTimeline, range(1, 3), 3);
    expect(mergeLive(three, entry(2))).toEqual(three);
  });

  test('earlier pages go above, and only what is not there yet', () => {
    const late = mergePage(emptyTimeline, range(5, 7), 7);
    expect(seqs(mergeEarlier(late, range(3, 5)).entries)).toEqual([3, 4, 5, 6, 7]);
  });

  test('S1 S2 whatever is doubled, lost or late, fetching after the last known entry gives all in order', () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 12 }), (order, stored) => {
        let timeline = mergePage(emptyTimeline, range(1, stored), stored);
        for (const seq of order) {
          timeline = mergeLive(timeline, entry(seq));
          expect(seqs(timeline.entries)).toEqual(range(1, syncedTo(timeline)).map(({ seq: n }) => n));
        }
        timeline = mergePage(timeline, range(syncedTo(timeline) + 1, 12), 12);
        expect(seqs(timeline.entries)).toEqual(seqs(range(1, 12)));
        expect(timeline.beyond).toEqual([]);
      }),
    );
  });
});
