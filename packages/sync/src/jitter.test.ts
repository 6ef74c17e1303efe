import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Jitter } from './jitter.ts';

it('waits anything up to a bound that doubles up to half a minute, on top of what the server asks for', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 9_000 }),
      (seed, attempts, atLeast) => {
        const wait = new Jitter(seed).backoff(attempts, atLeast) - atLeast;
        expect(wait).toBeGreaterThanOrEqual(20);
        expect(wait).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** (attempts - 1)));
      },
    ),
  );
});

it('spreads: a thousand clients that failed together come back over the whole time', () => {
  const waits = Array.from({ length: 1_000 }, (_, seed) => new Jitter(seed).backoff(6));
  for (let tenth = 0; tenth < 10; tenth += 1) {
    const share = waits.filter((wait) => Math.floor(wait / 1_600) === tenth).length;
    expect(share).toBeGreaterThan(50);
  }
});
