/** Shows which values a sampler would try: one dot per trial, and on a log scale the number per decade. */
import type { ReactNode } from 'react';
import type { NumericDistribution } from '../../../src/algorithms/space/space.ts';
import { formatValue, plural } from '../../../src/format.ts';
import { unitOf } from '../charts/axis.ts';

interface DotsProps {
  readonly name: string;
  readonly distribution: NumericDistribution;
  readonly values: readonly number[];
}

const WIDTH = 360;
const HEIGHT = 46;

export function Dots({ name, distribution, values }: DotsProps): ReactNode {
  const { at } = unitOf(distribution);
  const x = (value: number) => 6 + at(value) * (WIDTH - 12);
  const ticks = ticksOf(distribution);
  const counts = ticks.slice(1).map((tick, i) => {
    const from = ticks[i]!;
    const count = values.filter((value) => value >= from && value < tick).length;
    return { from, tick, count };
  });
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className="dots"
      role="img"
      aria-label={`${plural(values.length, 'sample')} of ${name}: ${counts.map(({ from, tick, count }) => `${count} from ${formatValue(from)} to ${formatValue(tick)}`).join(', ')}`}
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={x(tick)} x2={x(tick)} y1={2} y2={30} stroke="var(--line)" />
          <text
            x={x(tick)}
            y={43}
            fontSize="10"
            fill="var(--soft)"
            textAnchor={at(tick) > 0.97 ? 'end' : at(tick) < 0.03 ? 'start' : 'middle'}
          >
            {formatValue(tick)}
          </text>
        </g>
      ))}
      {distribution.scale === 'log' &&
        counts.map(({ from, tick, count }) => (
          <text key={from} x={(x(from) + x(tick)) / 2} y={10} fontSize="9" fill="var(--soft)" textAnchor="middle">
            {count}
          </text>
        ))}
      {values.map((value, i) => (
        // Spread vertically by number, so that equal values are all visible.
        <circle key={i} cx={x(value)} cy={14 + ((i * 7) % 15)} r={1.7} fill="var(--blue)" opacity={0.6} />
      ))}
    </svg>
  );
}

/** Both ends and the middle, or every power of ten between them. */
function ticksOf({ distribution, low, high, scale }: NumericDistribution): number[] {
  if (scale === 'linear') {
    const middle = (low + high) / 2;
    const hasMiddle = distribution === 'float' || Number.isInteger(middle);
    return [...new Set([low, ...(hasMiddle ? [middle] : []), high])];
  }
  const powers: number[] = [];
  for (let power = Math.ceil(Math.log10(low)); power <= Math.floor(Math.log10(high)); power++) powers.push(10 ** power);
  const near = (a: number, b: number) => Math.abs(Math.log10(a / b)) < 0.12;
  return [low, ...powers.filter((tick) => !near(tick, low) && !near(tick, high)), high];
}
