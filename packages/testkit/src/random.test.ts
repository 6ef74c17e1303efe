import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';

const draw = (seed: number, count: number) => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.uint32());
};

describe('seeded random', () => {
  it('repeats itself from its seed, and differs between near seeds', () => {
    expect(draw(7, 100)).toEqual(draw(7, 100));
    const shared = draw(7, 100).filter((value, index) => value === draw(8, 100)[index]);
    expect(shared).toEqual([]);
  });

  it('stays the same from release to release, so that old seeds still mean what they meant', () => {
    expect(draw(1, 3)).toMatchInlineSnapshot(`
      [
        287317652,
        3844763798,
        2725124882,
      ]
    `);
  });

  it('spreads evenly over a range that includes both ends', () => {
    const random = new Random(1);
    const counts = new Map<number, number>();
    for (let i = 0; i < 60_000; i += 1) {
      const value = random.integer(1, 6);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('keeps to the share of a chance', () => {
    const random = new Random(2);
    const hits = Array.from({ length: 10_000 }, () => random.chance(0.3)).filter(Boolean).length;
    expect(Math.abs(hits - 3_000)).toBeLessThan(200);
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
  });

  it('shuffles without losing or doubling, and leaves the list alone', () => {
    const list = Array.from({ length: 50 }, (_, index) => index);
    const shuffled = new Random(3).shuffled(list);
    expect(shuffled).not.toEqual(list);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(list);
  });

  it('gives a part of a run numbers of its own', () => {
    const one = new Random(4);
    const two = new Random(4);
    const partOfOne = one.fork();
    const partOfTwo = two.fork();
    partOfOne.uint32();
    expect(one.uint32()).toBe(two.uint32());
    expect(partOfTwo.bytes(4)).toHaveLength(4);
  });

  it('has nothing to pick from an empty list', () => {
    expect(() => new Random(5).pick([])).toThrow('nothing to pick from');
  });
});
