/** How long a message takes at fixed rates: open loops, timed from when each send was due. */
import type { LoadDriver } from '../load/driver.ts';
import type { RunResult } from '../load/fleet.ts';
import { watchOthers } from '../machine/disturbance.ts';
import { BUDGET_RATE, type Plan } from '../plan.ts';
import type { Side, SideName } from '../servers/side.ts';
import { Histogram } from '../statistics/histogram.ts';
import type { Conditions } from './void.ts';

/** A rate is carried while its p99 stays below this. */
export const CARRIED_P99_MS = 100;

export interface Percentiles {
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

export interface RateResult extends Conditions {
  side: SideName;
  rate: number;
  /** From the scheduled send to the receiver's having the message. */
  receipt: Percentiles;
  /** From the scheduled send to the sender's having the acknowledgement. */
  acknowledgement: Percentiles;
  carried: boolean;
}

/** Rates rise until one is not carried; rate by rate the sides take turns. */
export async function measureLatency(
  driver: LoadDriver,
  sides: readonly Side[],
  plan: Plan,
  progress: (text: string) => void,
): Promise<RateResult[]> {
  const results: RateResult[] = [];
  let climbing = [...sides];
  for (const [turn, rate] of plan.rates.entries()) {
    const still: Side[] = [];
    for (const side of turn % 2 === 0 ? climbing : climbing.toReversed()) {
      progress(`latency of ${side.name} at ${rate} a second`);
      const ms = rate === BUDGET_RATE ? plan.budgetRateMs : plan.rateMs;
      const others = watchOthers([process.pid, driver.pid, side.pid]);
      const run = await driver.openLoop(side.name, rate, ms);
      const result = rateResult(side.name, rate, run, others());
      results.push(result);
      if (result.carried) still.push(side);
    }
    climbing = sides.filter((side) => still.includes(side));
  }
  return results;
}

function rateResult(side: SideName, rate: number, run: RunResult, othersShare: number): RateResult {
  const receipt = percentiles(Histogram.from(run.receipt));
  return {
    side,
    rate,
    receipt,
    acknowledgement: percentiles(Histogram.from(run.acknowledgement)),
    carried: run.onSchedule && run.lost === 0 && receipt.p99Ms < CARRIED_P99_MS,
    generatorShare: run.generatorShare,
    othersShare,
  };
}

function percentiles(histogram: Histogram): Percentiles {
  const ms = (q: number) => histogram.quantileUs(q) / 1000;
  return { p50Ms: ms(0.5), p99Ms: ms(0.99), p999Ms: ms(0.999), maxMs: histogram.maxUs / 1000 };
}
