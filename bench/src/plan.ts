import type { ProtocolVersion } from './load/frames.ts';
import type { SideName, Transport } from './servers/side.ts';

/** What a run measures and for how long. Times in milliseconds. */
export interface Plan {
  quick: boolean;
  sides: readonly SideName[];
  version: ProtocolVersion;
  transport: Transport;
  /** In pairs; each client sends to its peer and receives from it. */
  clients: number;
  /** Messages that each client keeps on their way in a closed loop. */
  window: number;
  /** Blocks of each side. */
  rounds: number;
  blockMs: number;
  /** Load before the first block that counts: servers compile, grow their tables, create conversations. */
  warmUpMs: number;
  /** After a block has drained: what a server has put off in the block is still charged to it. */
  settleMs: number;
  /** Messages a second at which latency is measured, rising; a side stops at the first it does not carry. */
  rates: readonly number[];
  rateMs: number;
  /** For the rate that a budget is about. */
  budgetRateMs: number;
  /** For each part of P3 that is measured alone. */
  partMs: number;
  /** The whole run is given up after this. */
  limitMs: number;
}

/** The rate at which P4 is measured. */
export const BUDGET_RATE = 5000;

const load = { clients: 200, window: 8, settleMs: 200 } as const;

/** The ratios in under a minute. */
export const quickPlan = {
  ...load,
  quick: true,
  rounds: 8,
  blockMs: 700,
  warmUpMs: 1500,
  rates: [BUDGET_RATE],
  rateMs: 3000,
  budgetRateMs: 3000,
  partMs: 1000,
  limitMs: 120_000,
} satisfies Partial<Plan>;

export const fullPlan = {
  ...load,
  quick: false,
  rounds: 12,
  blockMs: 2500,
  warmUpMs: 4000,
  rates: [1000, 2000, BUDGET_RATE, 10_000, 20_000, 30_000, 45_000, 60_000, 80_000, 100_000, 130_000, 160_000],
  rateMs: 4000,
  budgetRateMs: 15_000,
  partMs: 3000,
  limitMs: 900_000,
} satisfies Partial<Plan>;
