/** Signals of the layers: mean and deviation of activations by layer, and all signals by epoch. */
import { type ReactNode, useMemo } from 'react';
import { formatNumber, formatValue } from '../../../src/format.ts';
import type { FoldCurves, Trial } from '../api.ts';
import { LineChart } from '../charts/line-chart.tsx';
import type { Line } from '../charts/line-drawing.ts';
import { useAddress } from '../parts/address.ts';
import { positive } from './curves.tsx';

type Signal = keyof FoldCurves['signals'][number]['layers'][number];

const kinds = {
  deviation: { title: 'Standard deviation of activations', log: true },
  mean: { title: 'Mean of activations', log: false },
  saturated: { title: 'Saturated activations (share)', log: false },
  dead: { title: 'Dead units (share)', log: false },
  gradientNorm: { title: 'Gradient norm', log: true },
  updateRatio: { title: 'Update to weight ratio', log: true },
} as const satisfies Partial<Record<Signal, { title: string; log: boolean }>>;
type Kind = keyof typeof kinds;

const hues = ['--blue', '--orange', '--green', '--purple', '--red', '--yellow', '--grey'];

interface LayersProps {
  readonly trial: Trial;
  readonly fold: FoldCurves;
  readonly mark: number | undefined;
}

export function Layers({ trial, fold, mark }: LayersProps): ReactNode {
  const [chosen, choose] = useAddress('signal', 'gradientNorm');
  const kind: Kind = Object.hasOwn(kinds, chosen) ? (chosen as Kind) : 'gradientNorm';
  const { signals } = fold;
  const count = signals[0]?.layers.length ?? 0;
  const { data, lines } = useMemo(() => byEpoch(signals, kind, count), [signals, kind, count]);
  if (signals.length === 0) return null;
  return (
    <>
      <section className="card">
        <h2>Activations through the layers</h2>
        <Spread signals={signals} />
      </section>
      <section className="card">
        <div className="row spread">
          <h2>Layers by epoch</h2>
          <select aria-label="Signal" value={kind} onChange={(event) => choose(event.target.value)}>
            {Object.entries(kinds).map(([name, { title }]) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </div>
        <LineChart
          name={`trial ${trial.number}: ${kinds[kind].title}`}
          label={`${kinds[kind].title} of each of ${count} layers by epoch`}
          data={data}
          lines={lines}
          xLabel="epoch"
          yLabel={kinds[kind].title}
          logY={kinds[kind].log}
          mark={mark}
        />
        {kind === 'updateRatio' && <p className="soft small">About 1e-3 for a good learning rate.</p>}
      </section>
    </>
  );
}

function byEpoch(
  signals: FoldCurves['signals'],
  kind: Kind,
  count: number,
): { data: (number | null)[][]; lines: Line[] } {
  const column = (layer: number) => {
    const values = signals.map(({ layers }) => layers[layer]?.[kind] ?? null);
    return kinds[kind].log ? positive(values, values.length) : values;
  };
  const layers = Array.from({ length: count }, (_, layer) => layer);
  return {
    data: [signals.map(({ epoch }) => epoch), ...layers.map(column)],
    lines: layers.map((layer) => ({
      label: layer === count - 1 ? 'output' : `layer ${layer + 1}`,
      colour: hues[layer % hues.length]!,
      ...(layer >= hues.length && { dash: [5, 3] }),
    })),
  };
}

const WIDTH = 400;
const HEIGHT = 190;
const LEFT = 46;

/** Mean ± one standard deviation by layer, before the first step and at the end. */
function Spread({ signals }: Pick<FoldCurves, 'signals'>): ReactNode {
  const moments = [
    { signal: signals[0]!, hue: 'var(--grey)', title: 'before the first step' },
    { signal: signals.at(-1)!, hue: 'var(--blue)', title: `after epoch ${signals.at(-1)!.epoch}` },
  ];
  const all = moments.flatMap(({ signal }) =>
    signal.layers.flatMap(({ mean, deviation }) => [(mean ?? 0) - (deviation ?? 0), (mean ?? 0) + (deviation ?? 0)]),
  );
  const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
  const count = signals[0]!.layers.length;
  const x = (layer: number) => LEFT + ((layer + 0.5) / count) * (WIDTH - LEFT);
  const y = (value: number) => 10 + ((high - value) / (high - low || 1)) * (HEIGHT - 40);
  const description = moments
    .map(
      ({ signal, title }) =>
        `${title}: ${signal.layers.map(({ mean, deviation }) => `${formatValue(mean)} ± ${formatValue(deviation)}`).join('; ')}`,
    )
    .join('. ');
  return (
    <figure style={{ margin: 0 }}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`mean and standard deviation by layer, ${description}`}
        style={{ width: '100%' }}
      >
        <g fontSize="10" fill="var(--soft)">
          {[high, 0, low].map((value, i) => (
            <text key={i} x={LEFT - 6} y={y(value) + 3} textAnchor="end">
              {formatNumber(value, 2)}
            </text>
          ))}
          {Array.from({ length: count }, (_, layer) => (
            <text key={layer} x={x(layer)} y={HEIGHT - 10} textAnchor="middle">
              {layer === count - 1 ? 'output' : layer + 1}
            </text>
          ))}
        </g>
        <line x1={LEFT} x2={WIDTH} y1={y(0)} y2={y(0)} stroke="var(--line)" />
        {moments.map(({ signal, hue, title }, moment) => (
          <g key={title} stroke={hue} fill={hue}>
            {signal.layers.map(({ mean, deviation }, layer) => {
              const at = x(layer) + (moment === 0 ? -6 : 6);
              const [middle, spread] = [mean ?? 0, deviation ?? 0];
              return (
                <g key={layer}>
                  <line
                    x1={at}
                    x2={at}
                    y1={y(middle - spread)}
                    y2={y(middle + spread)}
                    strokeWidth={7}
                    opacity={0.45}
                  />
                  <circle cx={at} cy={y(middle)} r={3} />
                </g>
              );
            })}
          </g>
        ))}
      </svg>
      <figcaption className="small row">
        {moments.map(({ hue, title }) => (
          <span key={title}>
            <span style={{ color: hue }}>●</span> {title}
          </span>
        ))}
        <span className="soft">dot: mean, bar: ± one standard deviation</span>
      </figcaption>
    </figure>
  );
}
