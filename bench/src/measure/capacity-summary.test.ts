import { expect, test } from 'vitest';
import type { Block } from './capacity.ts';
import { capacityRatio, summarize } from './capacity-summary.ts';

function block(
  side: Block['side'],
  round: number,
  cpuMicrosPerMessage: number,
  rest?: Partial<Block>,
): Block {
  return {
    side,
    round,
    cpuMicrosPerMessage,
    delivered: 1000,
    messagesPerSecond: 50_000,
    generatorShare: 0.5,
    othersShare: 0,
    writtenBytesPerMessage: 0,
    ...rest,
  };
}

test('half the cost is twice the capacity, whatever the order in which blocks were taken', () => {
  const blocks = [block('skein', 0, 5), block('aedes', 0, 10), block('aedes', 1, 30), block('skein', 1, 15)];
  expect(capacityRatio('skein', 'aedes', blocks).ratio).toMatchObject({ median: 2, low: 2, high: 2, n: 2 });
});

test('a rate that the generator limited is void; the cost per message is not', () => {
  const busy = { generatorShare: 0.8, messagesPerSecond: 1 };
  const half = [block('skein', 0, 5), block('skein', 1, 5, busy)];
  expect(summarize('skein', half).messagesPerSecond).toMatchObject({ median: 50_000, n: 1 });
  const most = [...half, block('skein', 2, 5, busy)];
  expect(summarize('skein', most)).not.toHaveProperty('messagesPerSecond');
  expect(summarize('skein', most).cpuMicrosPerMessage).toMatchObject({ median: 5, n: 3 });
});
