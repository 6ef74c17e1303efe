import { expect, test } from 'vitest';
import { judge } from '../budgets.ts';
import { quickPlan } from '../plan.ts';
import type { Results } from '../results.ts';
import { plots } from './plots.ts';
import { markdownReport } from './table.ts';

const estimate = (median: number) => ({ median, low: 0.9 * median, high: 1.1 * median, n: 8 });
const percentiles = (p99Ms: number) => ({ p50Ms: p99Ms / 2, p99Ms, p999Ms: 2 * p99Ms, maxMs: 3 * p99Ms });

const results: Results = {
  takenAt: '2026-01-02T03:04:05.000Z',
  seconds: 50,
  machine: {
    cpu: 'X',
    cores: 2,
    memoryGiB: 8,
    kernel: '6.1',
    node: 'v24',
    fileSystem: 'ext4',
    commit: 'abc+',
  },
  plan: { ...quickPlan, sides: ['skein', 'mosquitto'], version: 4, transport: 'tcp' },
  sides: [
    { name: 'skein', title: 'skein 1 <&>', durability: 'D1' },
    { name: 'mosquitto', title: 'mosquitto 2', durability: 'D0' },
  ],
  capacity: [
    {
      window: 8,
      transport: 'tcp',
      sides: [
        {
          side: 'skein',
          cpuMicrosPerMessage: estimate(8),
          messagesPerSecond: estimate(120_000),
          generatorShare: 0.5,
          othersShare: 0.031,
          writtenBytesPerMessage: 900,
        },
        {
          side: 'mosquitto',
          cpuMicrosPerMessage: estimate(12),
          generatorShare: 0.95,
          othersShare: 0.031,
          writtenBytesPerMessage: 0,
        },
      ],
      ratios: [{ of: 'skein', to: 'mosquitto', ratio: estimate(1.5) }],
      blocks: [],
    },
  ],
  latency: [
    {
      side: 'skein',
      rate: 5000,
      receipt: percentiles(2),
      acknowledgement: percentiles(1),
      carried: true,
      othersShare: 0,
      generatorShare: 0.2,
    },
    {
      side: 'mosquitto',
      rate: 5000,
      receipt: percentiles(1),
      acknowledgement: percentiles(1),
      carried: true,
      othersShare: 0,
      generatorShare: 0.2,
    },
    {
      side: 'skein',
      rate: 9000,
      receipt: percentiles(200),
      acknowledgement: percentiles(1),
      carried: false,
      othersShare: 0,
      generatorShare: 0.2,
    },
    {
      side: 'mosquitto',
      rate: 9000,
      receipt: percentiles(1),
      acknowledgement: percentiles(1),
      carried: true,
      othersShare: 0,
      generatorShare: 0.8,
    },
  ],
  codec: [{ version: 4, work: 'build', oursNs: 100, theirsNs: 700, ratio: 7 }],
  verdicts: judge({ P1: 1.5, P4: 30 }),
};

function rowOf(start: string): string | undefined {
  return markdownReport(results)
    .split('\n')
    .find((line) => line.replaceAll(/[ |]+/g, ' ').trim().startsWith(start));
}

test('the report names each class, says void for a rate that the generator limited, and a missed budget plainly', () => {
  expect(rowOf('skein 1')).toMatch(/D1 .* 120,000 /);
  expect(rowOf('mosquitto 2')).toMatch(/D0 .* void /);
  expect(rowOf('P1 ')).toMatch(/1\.5 x .* aim reached/);
  expect(rowOf('P4 ')).toMatch(/30 ms .* \*\*MISSED\*\*/);
  expect(rowOf('P13 ')).toMatch(/not measured/);
});

test('the table of latencies says why a row is void', () => {
  expect(rowOf('9,000 mosquitto')).toMatch(/void: the generator was at its limit/);
  expect(rowOf('9,000 skein')).toMatch(/not carried/);
  expect(rowOf('9,000 skein')).not.toMatch(/void/);
});

test('the highest rate is one that was carried with a generator that had time', () => {
  const report = markdownReport(results);
  expect(report).toContain('- skein 1 <&>: 5,000 a second, and not 9,000');
  expect(report).toContain('- mosquitto 2: 5,000 a second or more; beyond, the generator was at its limit');
});

test('plots are well-formed, show every side and leave out what is void', () => {
  const { 'capacity.svg': capacity, 'latency.svg': latency } = plots(results);
  expect(capacity?.match(/<rect /g)).toHaveLength(2);
  expect(latency?.match(/<circle /g)).toHaveLength(3);
  for (const svg of [capacity!, latency!]) {
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test('a plot of nothing says so', () => {
  const { 'latency.svg': latency } = plots({ ...results, latency: [] });
  expect(latency).toContain('nothing valid was measured');
  expect(latency).not.toMatch(/NaN|Infinity/);
});
