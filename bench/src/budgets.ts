/** What the design promises of speed, and whether a run keeps it. */
export interface Budget {
  id: 'P1' | 'P2' | 'P3' | 'P4' | 'P13';
  what: string;
  unit: 'x' | '%' | 'ms';
  /** `more`: a larger figure is a better one. */
  better: 'more' | 'less';
  must: number;
  aim: number;
}

const budgets: readonly Budget[] = [
  { id: 'P1', what: 'carried by one core, against Mosquitto', unit: 'x', better: 'more', must: 0.6, aim: 1 },
  { id: 'P2', what: 'carried by one core, against Aedes', unit: 'x', better: 'more', must: 2.3, aim: 4 },
  { id: 'P3', what: 'share of the bound of its parts', unit: '%', better: 'more', must: 60, aim: 75 },
  { id: 'P4', what: 'p99, send to receipt, at 5,000 a second', unit: 'ms', better: 'less', must: 20, aim: 8 },
  {
    id: 'P13',
    what: 'the codec against mqtt-packet, at its least',
    unit: 'x',
    better: 'more',
    must: 3,
    aim: 6,
  },
];

export type Outcome = 'aim' | 'must' | 'missed' | 'not measured';

export interface Verdict extends Budget {
  measured?: number;
  outcome: Outcome;
}

/** The budgets' outcomes for what was measured; what was not says so. */
export function judge(measured: Partial<Record<Budget['id'], number | undefined>>): Verdict[] {
  return budgets.map((budget) => {
    const value = measured[budget.id];
    if (value === undefined) return { ...budget, outcome: 'not measured' };
    return { ...budget, measured: value, outcome: outcomeOf(budget, value) };
  });
}

function outcomeOf(budget: Budget, value: number): Outcome {
  const reaches = (limit: number) => (budget.better === 'more' ? value >= limit : value <= limit);
  if (reaches(budget.aim)) return 'aim';
  return reaches(budget.must) ? 'must' : 'missed';
}

/**
 * P3: the share of the bound 1 / (relay + row + sync / batch) that the whole server reaches, in percent.
 * All in microseconds a message; `whole` is the server's own.
 */
export function shareOfBound(parts: {
  relay: number;
  row: number;
  sync: number;
  messagesPerSync: number;
  whole: number;
}): number {
  return (100 * (parts.relay + parts.row + parts.sync / parts.messagesPerSync)) / parts.whole;
}
