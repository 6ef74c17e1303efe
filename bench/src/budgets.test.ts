import { expect, test } from 'vitest';
import { judge, shareOfBound } from './budgets.ts';

function outcomes(measured: Parameters<typeof judge>[0]) {
  return Object.fromEntries(judge(measured).map(({ id, outcome }) => [id, outcome]));
}

test('P1 P2 P3 P13: more is better, and the limit itself is kept', () => {
  expect(outcomes({ P1: 0.59, P2: 2.3, P3: 75, P13: 7 })).toEqual({
    P1: 'missed',
    P2: 'must',
    P3: 'aim',
    P4: 'not measured',
    P13: 'aim',
  });
});

test('P4: less is better', () => {
  expect(outcomes({ P4: 8 }).P4).toBe('aim');
  expect(outcomes({ P4: 8.1 }).P4).toBe('must');
  expect(outcomes({ P4: 20.1 }).P4).toBe('missed');
});

test('P3: a server that costs what its parts cost reaches the whole bound', () => {
  const parts = { relay: 3, row: 5, sync: 200, messagesPerSync: 100 };
  expect(shareOfBound({ ...parts, whole: 10 })).toBe(100);
  expect(shareOfBound({ ...parts, whole: 20 })).toBe(50);
});
