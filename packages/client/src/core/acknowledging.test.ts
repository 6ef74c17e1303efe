import { beforeEach, expect, test } from 'vitest';
import { Acknowledging } from './acknowledging.ts';

let acknowledging: Acknowledging;
let settled: string[];
const receive = (name: string) => acknowledging.received(() => settled.push(name));

beforeEach(() => {
  acknowledging = new Acknowledging();
  settled = [];
});

test('R2 a message is acknowledged after the transaction that holds it, not before', () => {
  receive('a');
  acknowledging.storing();
  acknowledging.idle();
  expect(settled).toEqual([]);
  acknowledging.stored();
  expect(settled).toEqual(['a']);
});

test('R2 what comes while one transaction is written waits for the next', () => {
  receive('a');
  acknowledging.storing();
  receive('b');
  acknowledging.stored();
  acknowledging.storing();
  acknowledging.idle();
  expect(settled).toEqual(['a']);
  acknowledging.stored();
  expect(settled).toEqual(['a', 'b']);
});

test('what leaves nothing to be kept is acknowledged at once', () => {
  receive('a');
  acknowledging.idle();
  expect(settled).toEqual(['a']);
});
