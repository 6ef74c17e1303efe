/** What a run writes to `results/latest.json`. */
import type { Verdict } from './budgets.ts';
import type { CodecRatio } from './codec.ts';
import type { Machine } from './machine/machine.ts';
import type { Block } from './measure/capacity.ts';
import type { CapacityRatio, SideSummary } from './measure/capacity-summary.ts';
import type { RateResult } from './measure/latency.ts';
import type { Plan } from './plan.ts';
import type { Durability, SideName, Transport } from './servers/side.ts';

export interface Results {
  takenAt: string;
  seconds: number;
  machine: Machine;
  plan: Plan;
  sides: { name: SideName; title: string; durability: Durability }[];
  /** One for each load of the plan; the first is the one that budgets are about, one over WebSocket the last. */
  capacity: LoadResult[];
  latency: RateResult[];
  bound?: Bound;
  codec: CodecRatio[];
  verdicts: Verdict[];
}

export interface LoadResult {
  window: number;
  transport: Transport;
  sides: SideSummary[];
  ratios: CapacityRatio[];
  blocks: Block[];
}

/** P3 in microseconds a message, but for the sync, which is one for `messagesPerSync` of them. */
export interface Bound {
  relay: number;
  row: number;
  sync: number;
  messagesPerSync: number;
  whole: number;
  /** What `whole` was taken from: the rate, or, where that is void, CPU and the share of a sync. */
  basis: 'rate' | 'cpu';
  /** The machine was busy with something else: the parts are shown, and no share of them is judged. */
  isDisturbed: boolean;
}
