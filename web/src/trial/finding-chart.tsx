/** Draws the picture of a finding: small, with its range, its epochs and the epoch since which it holds. */
import { type ReactNode, useMemo } from 'react';
import { formatNumber } from '../../../src/format.ts';
import type { FoldCurves, Trial } from '../api.ts';
import { type Picture, pictureOf } from './finding-picture.ts';

const [WIDTH, HEIGHT] = [340, 120];
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 8, 8, 20];
const hues = ['var(--blue)', 'var(--orange)', 'var(--green)', 'var(--purple)', 'var(--red)'];

interface FindingChartProps {
  readonly finding: Trial['findings'][number];
  readonly fold: FoldCurves;
}

export function FindingChart({ finding, fold }: FindingChartProps): ReactNode {
  const picture = useMemo(() => pictureOf(finding, fold), [finding, fold]);
  if (picture === undefined) return null;
  const { title, xs, xLabel, lines, mark } = picture;
  const { x, y, low, high } = scalesOf(picture);
  const since = mark === undefined ? '' : `, since epoch ${mark}`;
  const said = lines.map(
    ({ label, values }) =>
      `${label} from ${formatNumber(first(values))} to ${formatNumber(first(values.toReversed()))}`,
  );
  return (
    <figure className="finding-chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${title} by ${xLabel}: ${said.join('; ')}${since}`}
      >
        <g fontSize="10" fill="var(--soft)">
          {[...new Set([high, low])].map((value, i) => (
            <text key={i} x={LEFT - 6} y={y(value) + (i === 0 ? 7 : 0)} textAnchor="end">
              {formatNumber(value, 3)}
            </text>
          ))}
          <text x={x(xs[0]!)} y={HEIGHT - 6} textAnchor="middle">
            {xs[0]}
          </text>
          <text x={WIDTH - RIGHT} y={HEIGHT - 6} textAnchor="end">
            {xLabel} {xs.at(-1)}
          </text>
        </g>
        <line x1={LEFT} x2={WIDTH - RIGHT} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} stroke="var(--line)" />
        {mark !== undefined && (
          <line x1={x(mark)} x2={x(mark)} y1={TOP} y2={HEIGHT - BOTTOM} stroke="var(--red)" strokeDasharray="3 3" />
        )}
        {lines.map(({ label, values }, i) => (
          <g key={label} stroke={hues[i % hues.length]} fill="none" strokeWidth="1.8">
            <path d={pathOf(values, xs, x, y)} strokeDasharray={i >= hues.length ? '5 3' : undefined} />
            {xs.length <= 12 &&
              values.map((value, k) => value !== null && <circle key={xs[k]} cx={x(xs[k]!)} cy={y(value)} r="2" />)}
          </g>
        ))}
      </svg>
      <figcaption className="small row">
        <span className="soft">{title}</span>
        {lines.length > 1 &&
          lines.map(({ label }, i) => (
            <span key={label}>
              <span style={{ color: hues[i % hues.length] }}>●</span> {label}
            </span>
          ))}
      </figcaption>
    </figure>
  );
}

function first(values: readonly (number | null)[]): number | null {
  return values.find((value) => value !== null) ?? null;
}

function scalesOf({ xs, lines, log }: Picture) {
  const all = lines.flatMap(({ values }) => values.filter((value) => value !== null));
  // From 0 on a linear scale, so that a curve that hardly changes looks flat.
  const [low, high] = [Math.min(...all, ...(log ? [] : [0])), Math.max(...all)];
  const at = log ? Math.log : (value: number) => value;
  const range = at(high) - at(low);
  const [from, to] = [xs[0]!, xs.at(-1)!];
  const width = WIDTH - LEFT - RIGHT;
  const height = HEIGHT - TOP - BOTTOM;
  return {
    low,
    high,
    x: (value: number) => LEFT + (to > from ? (value - from) / (to - from) : 0.5) * width,
    y: (value: number) => TOP + (range > 0 ? (at(high) - at(value)) / range : 0.5) * height,
  };
}

/** A line through the values; a gap where one is missing. */
function pathOf(
  values: readonly (number | null)[],
  xs: readonly number[],
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  let path = '';
  let isDrawing = false;
  values.forEach((value, i) => {
    if (value !== null) path += `${isDrawing ? 'L' : 'M'}${x(xs[i]!).toFixed(1)} ${y(value).toFixed(1)}`;
    isDrawing = value !== null;
  });
  return path;
}
