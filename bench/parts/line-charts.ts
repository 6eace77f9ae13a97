/** Small line charts below one another, as an SVG for the documentation. */

export interface LineChart {
  readonly title: string;
  /** Rising x. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

const WIDTH = 760;
const HEIGHT = 88;
const LEFT = 60;
const TOP = 24;
const BOTTOM = 10;

/** y begins at 0 in each chart; `xLabel` is below the last one. */
export function lineCharts(charts: readonly LineChart[], xLabel: string): string {
  const height = charts.length * HEIGHT + 36;
  const x = Math.max(...charts.flatMap(({ points }) => points.map(([at]) => at)));
  const ticks = Array.from({ length: 7 }, (_, i) => Math.round((x * i) / 6));
  const axis = ticks.map((tick) => text(placeOf(tick, x), charts.length * HEIGHT + 14, String(tick), 'middle'));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<title>${charts.map(({ title }) => title).join('; ')}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...charts.map((chart, i) => `<g transform="translate(0 ${i * HEIGHT})">${panel(chart, x)}</g>`),
    ...axis,
    text(WIDTH / 2, charts.length * HEIGHT + 30, xLabel, 'middle'),
    '</svg>\n',
  ].join('\n');
}

function panel({ title, points }: LineChart, x: number): string {
  const top = niceAbove(Math.max(...points.map(([, y]) => y)));
  const yOf = (y: number) => HEIGHT - BOTTOM - (y / top) * (HEIGHT - TOP - BOTTOM);
  const line = points.map(([at, y]) => `${placeOf(at, x).toFixed(1)},${yOf(y).toFixed(1)}`).join(' ');
  const rule = (y: number) =>
    `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${yOf(y)}" y2="${yOf(y)}" stroke="#ddd"/>${text(LEFT - 6, yOf(y) + 4, String(y), 'end')}`;
  return `${text(LEFT, 14, title, 'start')}${rule(0)}${rule(top)}<polyline points="${line}" fill="none" stroke="#2563eb" stroke-width="1.5"/>`;
}

function placeOf(at: number, x: number): number {
  return LEFT + (at / x) * (WIDTH - 10 - LEFT);
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#333">${content}</text>`;
}

/** The next number of one significant digit, or 1.5 or 2.5 of it. */
function niceAbove(value: number): number {
  if (!(value > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((step) => step * unit).find((step) => step >= value)!;
}
