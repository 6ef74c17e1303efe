import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

const highest = 2 ** 32 - 1;

test('waits anything up to a ceiling that doubles, until it is high enough', () => {
  const backoff = new Backoff();
  expect(Array.from({ length: 8 }, () => backoff.next(highest))).toEqual([
    499, 999, 1_999, 3_999, 7_999, 15_999, 19_999, 19_999,
  ]);
  expect(backoff.next(0)).toBe(0);
  expect(backoff.next(2 ** 31)).toBe(10_000);
});

test('a success makes the next failure a first one', () => {
  const backoff = new Backoff();
  for (let i = 0; i < 5; i++) backoff.next(0);
  backoff.reset();
  expect(backoff.next(highest)).toBe(499);
});
