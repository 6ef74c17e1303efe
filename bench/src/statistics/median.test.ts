import { expect, test } from 'vitest';
import { median, quantile } from './median.ts';

test('the median is the middle value, or the mean of the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('quantiles interpolate and do not change their input', () => {
  const values = [30, 10, 20];
  expect(quantile(values, 0)).toBe(10);
  expect(quantile(values, 0.25)).toBe(15);
  expect(quantile(values, 1)).toBe(30);
  expect(values).toEqual([30, 10, 20]);
});

test('no values have no median', () => {
  expect(() => median([])).toThrow(RangeError);
});
