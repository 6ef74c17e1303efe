import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Breach,
  contradictions,
  displayOrder,
  doubles,
  firstBreach,
  forDisplay,
  holes,
  type SeqRange,
} from './order.ts';
import { RUNS } from './testing/arbitrary-log.ts';

const arbitrarySeqs = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 16 });
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('O1 numbers without holes', () => {
  test.each<[number[], Breach | undefined]>([
    [[], undefined],
    [[1, 2, 3], undefined],
    [[2], { kind: 'hole', expected: 1, found: 2 }],
    [[1, 3], { kind: 'hole', expected: 2, found: 3 }],
    [[1, 2, 2], { kind: 'double', expected: 3, found: 2 }],
    [[1, 2, 1], { kind: 'double', expected: 3, found: 1 }],
    [[0], { kind: 'stray', expected: 1, found: 0 }],
    [[1, -1], { kind: 'stray', expected: 2, found: -1 }],
    [[1, 1.5], { kind: 'stray', expected: 2, found: 1.5 }],
    [[1, Number.NaN], { kind: 'stray', expected: 2, found: Number.NaN }],
  ])('O1 the first breach in %j', (seqs, breach) => {
    expect(firstBreach(seqs)).toEqual(breach);
  });

  test('O1 a row may begin after a position', () => {
    expect(firstBreach([5, 6], 4)).toBeUndefined();
    expect(firstBreach([4, 5], 4)).toEqual({ kind: 'stray', expected: 5, found: 4 });
  });

  test('O1 a row has no breach exactly when it is 1..n', () => {
    fc.assert(
      fc.property(fc.oneof(arbitrarySeqs, fc.nat(12).map(upTo)), (seqs) => {
        expect(firstBreach(seqs) === undefined).toBe(seqs.every((seq, i) => seq === i + 1));
      }),
      RUNS,
    );
  });

  test.each<[number[], number, SeqRange[]]>([
    [[], 0, []],
    [[], 3, [{ from: 1, to: 3 }]],
    [[3, 1, 2], 3, []],
    [
      [5, 2, 2],
      7,
      [
        { from: 1, to: 1 },
        { from: 3, to: 4 },
        { from: 6, to: 7 },
      ],
    ],
    [[1, 9], 4, [{ from: 2, to: 4 }]],
  ])('O1 holes in %j up to %i', (seqs, head, expected) => {
    expect(holes(seqs, head)).toEqual(expected);
  });

  test('O1 holes are exactly the numbers that are missing, as few ranges as can be', () => {
    fc.assert(
      fc.property(arbitrarySeqs, fc.nat(14), fc.nat(6), (seqs, head, after) => {
        const found = holes(seqs, head, after);
        const missing = upTo(head).filter((seq) => seq > after && !seqs.includes(seq));
        expect(found.flatMap(({ from, to }) => upTo(to).slice(from - 1))).toEqual(missing);
        for (const [i, { from }] of found.entries()) expect(from).not.toBe((found[i - 1]?.to ?? -1) + 1);
      }),
      RUNS,
    );
  });

  test('O1 doubles are exactly the numbers that came more than once', () => {
    fc.assert(
      fc.property(arbitrarySeqs, (seqs) => {
        const expected = upTo(12).filter((seq) => seqs.filter((other) => other === seq).length > 1);
        expect(doubles(seqs).sort((a, b) => a - b)).toEqual(expected);
      }),
      RUNS,
    );
  });

  test('O1 a number means one entry to every observer', () => {
    const observed = (ids: string) => [...ids].map((id, i) => [i + 1, id] as const);
    const ab = observed('ab');
    expect(contradictions([ab, ab.toReversed(), observed('a')])).toEqual([]);
    expect(contradictions([ab, observed('acd'), ab])).toEqual([2]);
    expect(contradictions([[...ab, [1, 'z']]])).toEqual([1]);
  });
});

describe('O4 what is shown', () => {
  const arbitraryStored = fc
    .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 12 })
    .map((seqs) => seqs.map((seq) => ({ seq })));
  const arbitraryPending = fc
    .uniqueArray(fc.nat(99), { maxLength: 6 })
    .map((orders) => orders.map((sendOrder) => ({ sendOrder })));

  test('O4 what is stored by seq, and below it what is not, in the order it was sent', () => {
    const shown = forDisplay([{ seq: 11 }, { seq: 2 }, { seq: 9 }], [{ sendOrder: 10 }, { sendOrder: 9 }]);
    expect(shown).toEqual([{ seq: 2 }, { seq: 9 }, { seq: 11 }, { sendOrder: 9 }, { sendOrder: 10 }]);
  });

  test('O4 clocks order nothing', () => {
    const shown = forDisplay(
      [
        { seq: 2, time: 1 },
        { seq: 1, time: 9 },
      ],
      [{ sendOrder: 1, time: 0 }],
    );
    expect(shown.map((e) => e.time)).toEqual([9, 1, 0]);
  });

  test('O4 of an entry that came twice the last copy is shown, once', () => {
    const shown = forDisplay(
      [
        { seq: 1, text: 'a' },
        { seq: 2, text: 'b' },
        { seq: 1, text: 'A' },
      ],
      [],
    );
    expect(shown.map((e) => e.text)).toEqual(['A', 'b']);
  });

  test('O4 pieces in any order show the same', () => {
    const shuffled = fc
      .tuple(arbitraryStored, arbitraryPending)
      .chain(([stored, pending]) =>
        fc.tuple(
          fc.constant([stored, pending] as const),
          fc.shuffledSubarray([...stored, ...stored], { minLength: stored.length * 2 }),
          fc.shuffledSubarray(pending, { minLength: pending.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([[stored, pending], storedAgain, pendingAgain]) => {
        const shown = forDisplay(storedAgain, pendingAgain);
        expect(shown).toEqual(forDisplay(stored, pending));
        expect(shown).toHaveLength(stored.length + pending.length);
        for (const [i, e] of shown.slice(1).entries()) expect(displayOrder(shown[i]!, e)).toBeLessThan(0);
        expect(shown.slice(stored.length).every((e) => 'sendOrder' in e)).toBe(true);
      }),
      RUNS,
    );
  });
});
