import { expect, test } from 'vitest';
import { rotation } from './rotation.ts';

test('two sides alternate A B B A', () => {
  expect(rotation(['A', 'B'], 4).flat().join(' ')).toBe('A B B A A B B A');
});

test('over an even number of rounds every side has the same mean turn', () => {
  const turns = rotation(['A', 'B', 'C', 'D'], 8).flat();
  const meanTurn = (side: string) =>
    turns.reduce((sum, turn, at) => (turn === side ? sum + at : sum), 0) / (turns.length / 4);
  expect(['A', 'B', 'C', 'D'].map(meanTurn)).toEqual([15.5, 15.5, 15.5, 15.5]);
});
