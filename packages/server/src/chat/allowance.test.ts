import { describe, expect, it } from 'vitest';
import { Allowance } from './allowance.ts';

describe('an allowance', () => {
  it('L2 grants a burst, and then what its rate refills', () => {
    const allowance = new Allowance(10, 2);
    expect([allowance.take('1', 0), allowance.take('1', 0), allowance.take('1', 0)]).toEqual([0, 0, 1_000]);
    expect(allowance.take('2', 0)).toBe(0);
    expect([allowance.take('1', 1_000), allowance.take('1', 1_000)]).toEqual([0, 1_000]);
  });

  it('L2 tells how long to wait for something dear, and takes nothing meanwhile', () => {
    const allowance = new Allowance(10, 5);
    expect(allowance.take('1', 0, 4)).toBe(0);
    expect(allowance.take('1', 0, 4)).toBe(3_000);
    expect(allowance.take('1', 0)).toBe(0);
  });

  it('what is dearer than the whole burst costs the burst, so that it can be had', () => {
    const allowance = new Allowance(10, 2);
    expect([allowance.take('1', 0, 10), allowance.take('1', 0)]).toEqual([0, 1_000]);
  });

  it('0 is no limit', () => {
    const allowance = new Allowance(0, 1);
    expect([allowance.take('1', 0, 10), allowance.take('1', 0)]).toEqual([0, 0]);
  });

  it('L2 forgets those who have their whole burst again, and nobody else', () => {
    const allowance = new Allowance(10, 2);
    allowance.take('1', 0);
    allowance.take('2', 900);
    allowance.sweep(1_000);
    expect(allowance.size).toBe(1);
    expect([allowance.take('2', 1_000), allowance.take('2', 1_000)]).toEqual([0, 900]);
  });

  it('L4 a clock that is set back refills nothing and takes nothing away', () => {
    const allowance = new Allowance(10, 1);
    expect(allowance.take('1', 86_400_000)).toBe(0);
    expect(allowance.take('1', 0)).toBe(1_000);
    expect(allowance.take('1', 1_000)).toBe(0);
  });
});
