import { expect, test } from 'vitest';
import { bootstrapMedian, pairedRatio } from './bootstrap.ts';

test('equal values have an interval of no width', () => {
  expect(bootstrapMedian([2, 2, 2, 2])).toEqual({ median: 2, low: 2, high: 2, n: 4 });
});

test('the interval holds the median, and the same values give the same interval', () => {
  const values = [1.1, 0.9, 1.3, 1, 1.05, 0.8, 1.2, 0.95];
  const estimate = bootstrapMedian(values);
  expect(estimate.low).toBeLessThan(estimate.median);
  expect(estimate.high).toBeGreaterThan(estimate.median);
  expect(estimate.low).toBeGreaterThanOrEqual(0.8);
  expect(estimate.high).toBeLessThanOrEqual(1.3);
  expect(bootstrapMedian(values)).toEqual(estimate);
});

test('pairs cancel what slows both of their halves', () => {
  const slowdown = [1, 1, 3, 1, 2, 1, 1, 5];
  const a = slowdown.map((factor) => 4 * factor);
  const b = slowdown.map((factor) => 2 * factor);
  expect(pairedRatio(a, b)).toEqual({ median: 2, low: 2, high: 2, n: 8 });
});

test('halves of different length are no pairs', () => {
  expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError);
});
