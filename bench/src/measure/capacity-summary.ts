/** What the blocks of a load say together. */
import type { SideName } from '../servers/side.ts';
import { bootstrapMedian, type Estimate, pairedRatio } from '../statistics/bootstrap.ts';
import { median } from '../statistics/median.ts';
import type { Block } from './capacity.ts';
import { isVoid } from './void.ts';

export interface SideSummary {
  side: SideName;
  cpuMicrosPerMessage: Estimate;
  /** Absent when it is void in more than half of the blocks. */
  messagesPerSecond?: Estimate;
  generatorShare: number;
  othersShare: number;
  writtenBytesPerMessage: number;
}

/** How many times what `of` carries on a core is what `to` carries: the ratio of their CPU per message. */
export interface CapacityRatio {
  of: SideName;
  to: SideName;
  ratio: Estimate;
}

export function summarize(side: SideName, blocks: readonly Block[]): SideSummary {
  const own = blocks.filter((block) => block.side === side);
  const rates = own.filter((block) => !isVoid(block)).map((block) => block.messagesPerSecond);
  return {
    side,
    cpuMicrosPerMessage: bootstrapMedian(own.map((block) => block.cpuMicrosPerMessage)),
    ...(rates.length * 2 >= own.length && { messagesPerSecond: bootstrapMedian(rates) }),
    generatorShare: median(own.map((block) => block.generatorShare)),
    othersShare: median(own.map((block) => block.othersShare)),
    writtenBytesPerMessage: median(own.map((block) => block.writtenBytesPerMessage)),
  };
}

/** Pairs are the two sides' blocks of one round. */
export function capacityRatio(of: SideName, to: SideName, blocks: readonly Block[]): CapacityRatio {
  const costs = (side: SideName) =>
    blocks
      .filter((block) => block.side === side)
      .toSorted((a, b) => a.round - b.round)
      .map((block) => block.cpuMicrosPerMessage);
  return { of, to, ratio: pairedRatio(costs(to), costs(of)) };
}
