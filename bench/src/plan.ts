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
  /** The closed loops, by what each client keeps on its way; the first is the one that budgets are about. */
  loads: readonly LoadPlan[];
  /** One more closed loop at the end, with the sides started anew over WebSocket. */
  webSocketLoad?: LoadPlan;
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
  codecMs: number;
  /** The whole run is given up after this. */
  limitMs: number;
}

export interface LoadPlan {
  /** Messages that each client has sent and not yet both acknowledged and received. */
  window: number;
  /** Blocks of each side. */
  rounds: number;
  blockMs: number;
}

/** The rate at which P4 is measured. */
export const BUDGET_RATE = 5000;

const setting = { clients: 200, settleMs: 200 } as const;

/** What every side takes in its stride; deeper queues and single messages each have their own load. */
const MODERATE = 8;
/** Each message waits for the one before it, as people write: nothing for a server to take together. */
const ONE_AT_A_TIME = 1;
/** What Skein's Receive Maximum lets a client have on its way: what one core carries shows when it is full. */
const DEEP = 64;

/** The ratios in under a minute. */
export const quickPlan = {
  ...setting,
  quick: true,
  loads: [{ window: DEEP, rounds: 8, blockMs: 700 }],
  warmUpMs: 1500,
  rates: [BUDGET_RATE],
  rateMs: 3000,
  budgetRateMs: 3000,
  partMs: 1000,
  codecMs: 3000,
  limitMs: 120_000,
} satisfies Partial<Plan>;

export const fullPlan = {
  ...setting,
  quick: false,
  loads: [
    { window: DEEP, rounds: 12, blockMs: 2500 },
    { window: MODERATE, rounds: 8, blockMs: 1000 },
    { window: ONE_AT_A_TIME, rounds: 8, blockMs: 1000 },
  ],
  webSocketLoad: { window: MODERATE, rounds: 8, blockMs: 1000 },
  warmUpMs: 4000,
  rates: [1000, 2000, BUDGET_RATE, 10_000, 20_000, 30_000, 45_000, 60_000, 80_000, 100_000, 130_000, 160_000],
  rateMs: 4000,
  budgetRateMs: 15_000,
  partMs: 3000,
  codecMs: 12_000,
  limitMs: 900_000,
} satisfies Partial<Plan>;
