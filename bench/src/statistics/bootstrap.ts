import { median, quantile } from './median.ts';

/** A median with the interval in which it lies with the given confidence, from `n` values. */
export interface Estimate {
  median: number;
  low: number;
  high: number;
  n: number;
}

const RESAMPLES = 2000;

/**
 * The median and its percentile bootstrap interval (95 % by default). The resampling is seeded, so the same
 * values give the same interval.
 */
export function bootstrapMedian(values: readonly number[], confidence = 0.95, seed = 1): Estimate {
  const random = mulberry32(seed);
  const medians: number[] = [];
  for (let i = 0; i < RESAMPLES; i++) {
    medians.push(median(values.map(() => values[Math.floor(random() * values.length)]!)));
  }
  const tail = (1 - confidence) / 2;
  return {
    median: median(values),
    low: quantile(medians, tail),
    high: quantile(medians, 1 - tail),
    n: values.length,
  };
}

/**
 * How many times `a` is `b`: the median of the ratios of pairs that were measured side by side, so that what
 * slows the machine for a while slows both halves of a pair.
 */
export function pairedRatio(a: readonly number[], b: readonly number[]): Estimate {
  if (a.length !== b.length)
    throw new RangeError(`pairs need two equal halves, not ${a.length} and ${b.length}`);
  return bootstrapMedian(a.map((value, i) => value / b[i]!));
}

/** A small seeded generator of numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
