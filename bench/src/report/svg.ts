/** Small plots as SVG text, legible on light and on dark. */

export interface Bar {
  label: string;
  value: number;
  low: number;
  high: number;
  color: number;
}

export interface BarGroup {
  title: string;
  bars: Bar[];
}

export interface Line {
  label: string;
  color: number;
  points: { x: number; y: number }[];
}

const WIDTH = 720;
const LEFT = 130;
const RIGHT = 90;
const BAR = 22;
const NAME_HEIGHT = 16;

/** Told apart by people who do not see all colours, on white and on near-black. */
const COLORS = ['#3b82f6', '#e07b00', '#12996b', '#b45cc9'];

/** Horizontal bars from zero, with the interval of each as a whisker. */
export function barChart(title: string, unit: string, groups: readonly BarGroup[]): string {
  const most = Math.max(1e-9, ...groups.flatMap(({ bars }) => bars.map(({ high }) => high)));
  const x = (value: number) => LEFT + (value / most) * (WIDTH - LEFT - RIGHT);
  const parts: string[] = [];
  let y = 68;
  for (const group of groups) {
    parts.push(text(16, y + 4, group.title, 'class="soft"'));
    y += 14;
    for (const { label, value, low, high, color } of group.bars) {
      const middle = y + BAR / 2;
      parts.push(
        text(LEFT - 10, middle + 4, label, 'text-anchor="end"'),
        `<rect x="${LEFT}" y="${y + 3}" width="${fixed(x(value) - LEFT)}" height="${BAR - 6}" rx="2" fill="${COLORS[color]}"/>`,
        `<path class="ink" d="M${fixed(x(low))} ${middle}H${fixed(x(high))}M${fixed(x(low))} ${middle - 4}v8M${fixed(x(high))} ${middle - 4}v8"/>`,
        text(x(high) + 8, middle + 4, significant(value)),
      );
      y += BAR;
    }
    y += 22;
  }
  return svg(title, unit, y, parts);
}

/** Lines over two logarithmic axes, named at their right. Points must be above zero. */
export function lineChart(title: string, unit: string, xUnit: string, all: readonly Line[]): string {
  const lines = all.filter((line) => line.points.length > 0);
  if (lines.length === 0) return svg(title, unit, 90, [text(16, 72, 'nothing valid was measured')]);
  const plot = { left: 70, right: WIDTH - 110, top: 56, bottom: 356 };
  const points = lines.flatMap((line) => line.points);
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const x = logScale(xs, plot.left, plot.right);
  const y = logScale(ys, plot.bottom, plot.top);
  const rules = y.ticks.flatMap((tick) => [
    `<path class="grid" d="M${plot.left} ${fixed(y.at(tick))}H${plot.right}"/>`,
    text(plot.left - 8, y.at(tick) + 4, significant(tick), 'text-anchor="end" class="soft"'),
  ]);
  const below = x.ticks.map((tick) =>
    text(x.at(tick), plot.bottom + 18, significant(tick), 'text-anchor="middle" class="soft"'),
  );
  const middle = (plot.left + plot.right) / 2;
  const axis = text(middle, plot.bottom + 38, xUnit, 'text-anchor="middle" class="soft"');
  const curves = lines.map((line) => curve(line, x.at, y.at));
  return svg(title, unit, plot.bottom + 52, [
    ...rules,
    ...below,
    axis,
    ...curves,
    ...lineNames(lines, plot.right + 8, y.at),
  ]);
}

function curve({ color, points }: Line, x: (value: number) => number, y: (value: number) => number): string {
  const at = points.map((point) => [fixed(x(point.x)), fixed(y(point.y))]);
  const path = at.map((pair) => pair.join(',')).join(' ');
  const dots = at.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${COLORS[color]}"/>`);
  return [
    `<polyline fill="none" stroke="${COLORS[color]}" stroke-width="2" points="${path}"/>`,
    ...dots,
  ].join('\n');
}

/** Each name at the height where its line ends, or right below the name above it. */
function lineNames(lines: readonly Line[], left: number, y: (value: number) => number): string[] {
  const ends = lines.map(({ label, color, points }) => ({ label, color, height: y(points.at(-1)!.y) }));
  let next = 0;
  return ends
    .toSorted((a, b) => a.height - b.height)
    .map(({ label, color, height }) => {
      const at = Math.max(height, next);
      next = at + NAME_HEIGHT;
      return text(left, at + 4, label, `style="fill:${COLORS[color]}"`);
    });
}

function svg(title: string, unit: string, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(title)}">`,
    '<style>',
    'svg{color-scheme:light dark;background:#fff}text{font:13px system-ui,sans-serif;fill:#1b1f24}.title{font-size:15px;font-weight:600}.soft{fill:#5a636e}',
    '.grid{stroke:#d5dae0;stroke-width:1}.ink{stroke:#1b1f24;stroke-width:1.5;fill:none}',
    '@media(prefers-color-scheme:dark){svg{background:#14171a}text{fill:#e8eaed}.soft{fill:#a3acb6}.grid{stroke:#343a41}.ink{stroke:#e8eaed}}',
    '</style>',
    text(16, 24, title, 'class="title"'),
    text(16, 42, unit, 'class="soft"'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** From the power of ten below the least value to the one above the greatest; ticks at 1, 2, 5 where there is room. */
function logScale(values: readonly number[], from: number, to: number) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const steps = high - low <= 3 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = low; power < high; power++) for (const step of steps) ticks.push(step * 10 ** power);
  ticks.push(10 ** high);
  return { ticks, at: (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from) };
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${attributes}>${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function significant(value: number): string {
  return value >= 1000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toPrecision(3)));
}
