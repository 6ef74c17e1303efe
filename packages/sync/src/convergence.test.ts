import { expect, it } from 'vitest';
import { World } from './testing/world.ts';

it('L6 L1: after the faults every view is equal and every outbox empty or visibly failed, whatever the seed', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    expect(new World(seed).run(), `seed ${seed}`).toEqual([]);
  }
}, 60_000);
