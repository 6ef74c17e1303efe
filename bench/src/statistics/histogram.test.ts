import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from './histogram.ts';

test('a quantile is the exact order statistic, at most 0.8 % above it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 100_000_000 }), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0, 0.5, 0.9, 0.99, 0.999, 1),
      (values, q) => {
        const histogram = new Histogram();
        for (const value of values) histogram.record(value);
        const exact = values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1]!;
        expect(histogram.quantileUs(q)).toBeGreaterThanOrEqual(exact);
        expect(histogram.quantileUs(q)).toBeLessThanOrEqual(exact * 1.008);
      },
    ),
  );
});

test('adding and sending across a process keep count and quantiles', () => {
  const one = new Histogram();
  const other = new Histogram();
  for (let us = 0; us < 1000; us++) (us % 2 === 0 ? one : other).record(us * 7);
  one.add(other);
  const copy = Histogram.from(JSON.parse(JSON.stringify(one.toData())));
  expect(copy.count).toBe(1000);
  for (const q of [0.01, 0.5, 0.99]) expect(copy.quantileUs(q)).toBe(one.quantileUs(q));
});

test('what is out of range is kept at the ends; an empty histogram says 0', () => {
  const histogram = new Histogram();
  expect(histogram.quantileUs(0.99)).toBe(0);
  histogram.record(-5);
  histogram.record(1e12);
  expect(histogram.quantileUs(0)).toBe(0);
  expect(histogram.quantileUs(1)).toBe(2 ** 31 - 1);
});
