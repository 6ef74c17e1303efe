import { holes } from '@skein/chat';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knownUpTo, logAt, placeOf, withoutRange, withRange } from './log.ts';
import type { LogRow } from './rows.ts';

function known({ newest, older }: LogRow): number[] {
  return [...older, newest].flatMap(({ from, to }) =>
    Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i),
  );
}

const range = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 12 }))
  .map(([from, length]) => ({ from, to: from + length }));

describe('known ranges', () => {
  it('S2: a live entry is the next one, known, or beyond a hole', () => {
    const log = withRange(logAt(3), { from: 4, to: 6 });
    expect([3, 6, 7, 8].map((seq) => placeOf(log, seq))).toEqual(['known', 'known', 'next', 'beyond']);
  });

  it('S3: a page above a hole begins a new newest range, and closing the hole joins the two', () => {
    const apart = withRange(withRange(logAt(0), { from: 1, to: 3 }), { from: 10, to: 12 });
    expect(apart).toEqual({ newest: { from: 10, to: 12 }, older: [{ from: 1, to: 3 }] });
    expect(withRange(apart, { from: 4, to: 9 })).toEqual({ newest: { from: 1, to: 12 }, older: [] });
  });

  it('S3: what the device lost is unknown, and the cursor stays', () => {
    const log = withoutRange(withRange(logAt(0), { from: 1, to: 9 }), { from: 8, to: 9 });
    expect(log).toEqual({ newest: { from: 10, to: 9 }, older: [{ from: 1, to: 7 }] });
    expect(knownUpTo(log, 9)).toBeUndefined();
    expect(knownUpTo(log, 5)).toEqual({ from: 1, to: 5 });
  });

  it('S3: whatever pages come and whatever is lost, the ranges are the set of what is known', () => {
    const step = fc.oneof(
      range.map((r) => ({ ...r, lost: false })),
      range.map((r) => ({ ...r, lost: true })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let log = logAt(0);
        const set = new Set<number>();
        let cursor = 0;
        for (const { from, to, lost } of steps) {
          log = lost ? withoutRange(log, { from, to }) : withRange(log, { from, to });
          for (let seq = from; seq <= to; seq += 1) lost ? set.delete(seq) : set.add(seq);
          if (!lost) cursor = Math.max(cursor, to);
          expect(known(log)).toEqual([...set].sort((a, b) => a - b));
          expect(log.newest.to).toBe(cursor);
          expect(holes(known({ ...log, older: [] }), cursor, log.newest.from - 1)).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
