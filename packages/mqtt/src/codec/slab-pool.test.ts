import { expect, test } from 'vitest';
import { SlabPool } from './slab-pool.ts';
import { PacketWriter } from './writer.ts';

test('many small outputs share an allocation, whatever remains in the slabs before', () => {
  let allocated = 0;
  const pool = new SlabPool({
    slabSize: 16_384,
    allocate: (bytes) => {
      allocated += bytes;
      return new Uint8Array(bytes);
    },
  });
  const writers = [new PacketWriter(pool), new PacketWriter(pool), new PacketWriter(pool)];
  let written = 0;
  for (let i = 0; i < 10_000; i++) {
    for (const writer of writers) {
      for (let k = 0; k <= i % 16; k++) writer.publish('t', new Uint8Array(100 + (i % 50)), 1, 1, false, 5);
    }
    for (const writer of writers) written += writer.take()!.length;
  }
  expect(allocated).toBeLessThan(1.5 * written);
});

test('what was taken is not written to again', () => {
  const pool = new SlabPool({ slabSize: 512 });
  const [a, b] = [new PacketWriter(pool), new PacketWriter(pool)];
  const taken: { bytes: Uint8Array; copy: Uint8Array }[] = [];
  for (let i = 0; i < 200; i++) {
    a.publish('a', new Uint8Array(i).fill(i), 0, 0, false, 4);
    b.publish('b', new Uint8Array(50).fill(i), 0, 0, false, 4);
    a.publish('a', new Uint8Array(30).fill(i), 0, 0, false, 4);
    for (const bytes of [a.take()!, b.take()!]) taken.push({ bytes, copy: bytes.slice() });
  }
  for (const { bytes, copy } of taken) expect(bytes).toEqual(copy);
});
