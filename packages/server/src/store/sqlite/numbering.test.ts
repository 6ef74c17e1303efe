import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, it } from 'vitest';
import { Numbering } from './numbering.ts';
import { migrate } from './schema.ts';

let db: DatabaseSync;
let numbering: Numbering;

beforeEach(() => {
  db = new DatabaseSync(':memory:');
  migrate(db, () => 'epoch');
  numbering = new Numbering(db);
});

const idsOf = (conversation: number, upTo: number) =>
  Array.from({ length: upTo }, (_, i) => numbering.idOf(conversation, i + 1));

describe('numbers', () => {
  it('O1 are found at every moment of their writing, whatever the slices', () => {
    for (let seq = 1; seq <= 10; seq++) numbering.append(7, seq, BigInt(100 + seq));
    const all = idsOf(7, 10);
    expect(all).toEqual(Array.from({ length: 10 }, (_, i) => BigInt(101 + i)));
    for (const written of [3, 3, 3, 1]) {
      expect(numbering.write(7, 10, 3)).toBe(written);
      expect(idsOf(7, 10)).toEqual(all);
    }
    expect(numbering.recentRange(7)).toBeUndefined();
  });

  it('are written as far as asked, and go on from there', () => {
    for (let seq = 1; seq <= 4; seq++) numbering.append(7, seq, BigInt(seq));
    expect(numbering.unwritten()).toEqual([{ conversation: 7, through: 4 }]);
    numbering.append(7, 5, 5n);
    expect(numbering.write(7, 4)).toBe(4);
    expect(numbering.recentRange(7)).toEqual({ first: 5, end: 6 });
    numbering.append(7, 6, 6n);
    expect(idsOf(7, 6)).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
    expect(numbering.idOf(7, 7)).toBeUndefined();
    expect(numbering.idOf(7, 0)).toBeUndefined();
  });

  it('O1 given twice are refused when they are written', () => {
    numbering.append(7, 1, 1n);
    numbering.write(7);
    numbering.append(7, 1, 2n);
    expect(() => numbering.write(7)).toThrow(/UNIQUE/);
  });

  it('L1 are restored from the log behind those that were written before a crash', () => {
    for (let seq = 1; seq <= 5; seq++) numbering.append(7, seq, BigInt(seq));
    numbering.write(7, 3);
    const after = new Numbering(db);
    for (let seq = 2; seq <= 5; seq++) after.restore(7, seq, BigInt(seq));
    expect(after.recentRange(7)).toEqual({ first: 4, end: 6 });
    expect(after.idOf(7, 3)).toBe(3n);
    expect(after.idOf(7, 5)).toBe(5n);
  });
});
