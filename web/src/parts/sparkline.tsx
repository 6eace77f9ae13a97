import type { ReactNode } from 'react';

interface SparklineProps {
  /** Values in order; null is a gap. */
  readonly lines: readonly { readonly values: readonly (number | null)[]; readonly kind: string }[];
  readonly label: string;
  /** Number of positions along the width; by default the number of values. */
  readonly places?: number;
  /** As steps: a value holds until the next. */
  readonly steps?: boolean;
  /** The position of each value along the width, from 0; by default its index. */
  readonly at?: readonly number[];
}

const WIDTH = 100;
const HEIGHT = 32;

/** A small line chart without axes. */
export function Sparkline({ lines, label, places, steps = false, at }: SparklineProps): ReactNode {
  const all = lines.flatMap(({ values }) => values).filter((value) => value !== null);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const last = (places ?? Math.max(...lines.map(({ values }) => values.length))) - 1;
  const x = (i: number) => ((last > 0 ? (at?.[i] ?? i) / last : 0.5) * WIDTH).toFixed(1);
  const y = (value: number) =>
    (HEIGHT - 2 - (high > low ? (value - low) / (high - low) : 0.5) * (HEIGHT - 4)).toFixed(1);
  const path = (values: readonly (number | null)[]) => {
    let drawn = '';
    let before: number | null = null;
    values.forEach((value, i) => {
      if (value === null) return;
      if (before === null) drawn += `M${x(i)} ${y(value)}`;
      else drawn += steps ? `H${x(i)}V${y(value)}` : `L${x(i)} ${y(value)}`;
      before = value;
    });
    return steps && before !== null ? `${drawn}H${WIDTH}` : drawn;
  };
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {all.length > 0 && lines.map(({ values, kind }) => <path key={kind} className={kind} d={path(values)} />)}
    </svg>
  );
}
