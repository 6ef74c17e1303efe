/** A run as a page of Markdown, for a terminal as well as for a file. */
import type { Verdict } from '../budgets.ts';
import type { SideSummary } from '../measure/capacity-summary.ts';
import { CARRIED_P99_MS, type RateResult } from '../measure/latency.ts';
import { isVoid, whyVoid } from '../measure/void.ts';
import type { LoadResult, Results } from '../results.ts';
import type { SideName } from '../servers/side.ts';
import type { Estimate } from '../statistics/bootstrap.ts';

export function markdownReport(results: Results): string {
  return [
    heading(results),
    section(
      'Budgets',
      table(['', 'budget', 'must', 'aim', 'measured', ''], results.verdicts.map(verdictRow)),
    ),
    ...results.capacity.map((load) => capacitySection(load, results)),
    section('Latency in milliseconds, from the scheduled send to receipt', latencyTable(results)),
    section(`Highest rate measured with p99 below ${CARRIED_P99_MS} ms`, highestRates(results)),
    ...(results.bound ? [boundSection(results.bound)] : []),
    codecSection(results.codec),
  ].join('\n');
}

function heading({ takenAt, seconds, machine, plan }: Results): string {
  return [
    `# ${plan.quick ? 'Quick bench' : 'Bench'} of ${takenAt.slice(0, 16).replace('T', ' ')} UTC`,
    '',
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}, ${machine.fileSystem}` +
      `${machine.commit ? `, commit ${machine.commit}` : ''}. ${plan.clients} clients in pairs, 128 bytes of text, QoS 1,` +
      ` MQTT ${plan.version === 5 ? '5' : '3.1.1'} over ${plan.transport === 'tcp' ? 'TCP' : 'WebSocket'}. Took ${seconds} s.`,
    '',
    'D1: synced to disk before the acknowledgement. D0: not.',
    '',
  ].join('\n');
}

function verdictRow({ id, what, unit, better, must, aim, measured, outcome }: Verdict): string[] {
  const sign = better === 'more' ? '>=' : '<=';
  const amount = (value: number) => `${round(value)}${unit === 'x' ? ' x' : ` ${unit}`}`;
  const words = { aim: 'aim reached', must: 'kept', missed: '**MISSED**', 'not measured': 'not measured' };
  return [
    id,
    what,
    `${sign} ${amount(must)}`,
    `${sign} ${amount(aim)}`,
    measured === undefined ? '' : amount(measured),
    words[outcome],
  ];
}

function capacitySection(load: LoadResult, results: Results): string {
  const sides = table(
    ['side', 'class', 'CPU us/message', '95 %', 'messages/s', 'generator', 'others', 'bytes to disk/message'],
    load.sides.map((side) => sideRow(side, results)),
  );
  const ratios = load.ratios.map(
    ({ of, to, ratio }) =>
      `- One core carries with ${of} ${round(ratio.median)} x (${interval(ratio)}) what it carries with ${to}.`,
  );
  const title = `Capacity, ${load.window} message${load.window === 1 ? '' : 's'} on the way for each client${load.transport === 'websocket' ? ', over WebSocket' : ''}`;
  return section(title, [sides, '', ...ratios].join('\n'));
}

function sideRow(side: SideSummary, results: Results): string[] {
  const { title, durability } = results.sides.find(({ name }) => name === side.side)!;
  return [
    title,
    durability,
    round(side.cpuMicrosPerMessage.median),
    interval(side.cpuMicrosPerMessage),
    side.messagesPerSecond ? thousands(side.messagesPerSecond.median) : 'void',
    percent(side.generatorShare),
    percent(side.othersShare),
    thousands(side.writtenBytesPerMessage),
  ];
}

function latencyTable({ latency }: Results): string {
  const rows = latency.map((result) => [
    thousands(result.rate),
    result.side,
    ...[result.receipt.p50Ms, result.receipt.p99Ms, result.receipt.p999Ms].map(round),
    round(result.acknowledgement.p99Ms),
    remark(result),
  ]);
  return table(['messages/s', 'side', 'p50', 'p99', 'p99.9', 'p99 to acknowledgement', ''], rows);
}

function remark(result: RateResult): string {
  const why = whyVoid(result);
  return [result.carried ? '' : 'not carried', why ? `void: ${why}` : ''].filter(Boolean).join('; ');
}

function highestRates({ sides, latency }: Results): string {
  return sides.map(({ name, title }) => `- ${title}: ${highestRate(name, latency)}`).join('\n');
}

function highestRate(side: SideName, latency: readonly RateResult[]): string {
  const own = latency.filter((result) => result.side === side && !isVoid(result));
  const highest = own.filter((result) => result.carried).at(-1);
  if (!highest) return 'none of those measured';
  const next = latency.find((result) => result.side === side && result.rate > highest.rate);
  const beyond = !next
    ? ' or more; no higher rate was measured'
    : isVoid(next)
      ? ` or more; beyond, ${whyVoid(next)}`
      : `, and not ${thousands(next.rate)}`;
  return `${thousands(highest.rate)} a second${beyond}`;
}

function boundSection({
  relay,
  row,
  sync,
  messagesPerSync,
  whole,
  basis,
}: NonNullable<Results['bound']>): string {
  return section(
    'The bound of the parts, each measured alone, in microseconds a message',
    table(
      ['relay', 'row', 'sync', 'messages/sync', 'sum', 'the whole server'],
      [
        [relay, row, sync, messagesPerSync, relay + row + sync / messagesPerSync]
          .map(round)
          .concat(`${round(whole)} (from its ${basis === 'rate' ? 'rate' : 'CPU'})`),
      ],
    ),
  );
}

function codecSection(codec: Results['codec']): string {
  const rows = codec.map(({ version, work, oursNs, theirsNs, ratio }) => [
    version === 5 ? '5' : '3.1.1',
    work,
    ...[oursNs, theirsNs, ratio].map(round),
  ]);
  return section(
    'The codec on PUBLISH, in nanoseconds a packet',
    table(['MQTT', 'work', 'ours', 'mqtt-packet', 'times as fast'], rows),
  );
}

function section(title: string, body: string): string {
  return `## ${title}\n\n${body}\n`;
}

/** Columns are padded, so that the source reads as a table too. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((cell, i) => Math.max(3, cell.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function interval({ low, high }: Estimate): string {
  return `${round(low)} to ${round(high)}`;
}

/** Three significant digits, never an exponent. */
function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
