import { isVoid } from '../measure/void.ts';
import type { Results } from '../results.ts';
import { barChart, lineChart } from './svg.ts';

/** The plots of a run, by file name. */
export function plots({ sides, capacity, latency }: Results): Record<string, string> {
  const color = (name: string) => sides.findIndex((side) => side.name === name);
  const labelOf = (name: string) => {
    const side = sides.find((candidate) => candidate.name === name)!;
    return `${name} (${side.durability})`;
  };
  return {
    'capacity.svg': barChart(
      'What a message costs the server',
      'microseconds of CPU per message delivered and acknowledged; less is better',
      capacity.map((load) => ({
        title: `${load.window} on the way for each client, ${load.transport === 'websocket' ? 'WebSocket' : 'TCP'}`,
        bars: load.sides.map(({ side, cpuMicrosPerMessage: { median, low, high } }) => ({
          label: labelOf(side),
          value: median,
          low,
          high,
          color: color(side),
        })),
      })),
    ),
    'latency.svg': lineChart(
      'How long a message takes at a fixed rate',
      'p99 in milliseconds, from the scheduled send to receipt; less is better',
      'messages a second',
      sides.map(({ name }) => ({
        label: name,
        color: color(name),
        points: latency
          .filter((result) => result.side === name && !isVoid(result))
          .map((result) => ({ x: result.rate, y: Math.max(0.01, result.receipt.p99Ms) })),
      })),
    ),
  };
}
