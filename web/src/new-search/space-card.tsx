/** The hyperparameters that vary, two at a time, with the points that the sampler will try. */
import { type ReactNode, useMemo, useState } from 'react';
import type { Distribution } from '../../../src/algorithms/space/space.ts';
import { readableOf } from '../../../src/domain/specification/hyperparameters.ts';
import { formatCount, formatValue, plural } from '../../../src/format.ts';
import { numeric, Table } from '../parts/table.tsx';
import { type Draft, partOf } from './draft.ts';
import { sampledOf } from './sampled.ts';
import { type Dimension, placed, ticksOf } from './space-points.ts';

const SIZE = { width: 360, height: 240, left: 56, bottom: 30, margin: 10 };
const MAX_ROWS = 50;

export function SpaceCard({ draft }: { readonly draft: Draft }): ReactNode {
  const { hyperparameters, trials, sampler } = {
    hyperparameters: partOf(draft, 'hyperparameters'),
    trials: Number(partOf(draft, 'budget')['trials'] ?? 50),
    sampler: draft['sampler'],
  };
  const dimensions = useMemo(() => dimensionsOf(hyperparameters), [hyperparameters]);
  const points = useMemo(
    () => sampledOf(hyperparameters, sampler, trials).slice(0, trials),
    [hyperparameters, sampler, trials],
  );
  const [chosen, choose] = useState<{ readonly x?: string; readonly y?: string }>({});
  if (dimensions.length === 0 || points.length === 0) return null;
  const named = (name: string | undefined) => dimensions.find((one) => one.name === name);
  const x = named(chosen.x) ?? dimensions[0]!;
  const y = named(chosen.y) ?? dimensions.find((one) => one !== x) ?? x;
  const type = partOf(draft, 'sampler')['type'] ?? 'random';
  const select = (label: string, value: Dimension, set: (name: string) => void) => (
    <select aria-label={label} value={value.name} onChange={(event) => set(event.target.value)}>
      {dimensions.map(({ name }) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
  return (
    <section className="card">
      <h2>Search space: {plural(dimensions.length, 'hyperparameter')}</h2>
      {dimensions.length > 1 && (
        <div className="row small">
          {select('y of the search space', y, (name) => choose({ x: x.name, y: name }))} by{' '}
          {select('x of the search space', x, (name) => choose({ x: name, y: y.name }))}
        </div>
      )}
      <Scatter points={points} x={x} y={y} />
      <p className="soft small" style={{ margin: 0 }}>
        {points.length >= trials
          ? `All ${formatCount(trials)} trials of ${String(type)}.`
          : `The first ${formatCount(points.length)} of ${plural(trials, 'trial')} of ${String(type)}${type === 'tpe' || type === 'cmaes' ? '; later ones are proposed from their results' : ''}.`}
      </p>
      <details>
        <summary className="small">Table</summary>
        <Table
          label="Sampled points"
          heads={[numeric('trial'), ...dimensions.map(({ name }) => numeric(name))]}
          style={{ maxHeight: '20rem', overflow: 'auto' }}
        >
          {points.slice(0, MAX_ROWS).map((point, number) => (
            <tr key={number}>
              <td className="number">{number}</td>
              {dimensions.map(({ name }) => (
                <td key={name} className="number">
                  {formatValue(point[name])}
                </td>
              ))}
            </tr>
          ))}
        </Table>
      </details>
    </section>
  );
}

function dimensionsOf(hyperparameters: Draft): Dimension[] {
  const readable: Readonly<Record<string, unknown>> = readableOf(hyperparameters);
  return Object.keys(hyperparameters).flatMap((name) => {
    const setting = readable[name];
    return typeof setting === 'object' && setting !== null ? [{ name, distribution: setting as Distribution }] : [];
  });
}

interface ScatterProps {
  readonly points: ReturnType<typeof sampledOf>;
  readonly x: Dimension;
  readonly y: Dimension;
}

function Scatter({ points, x, y }: ScatterProps): ReactNode {
  const { width, height, left, bottom, margin } = SIZE;
  const across = (unit: number) => left + unit * (width - left - margin);
  const up = (unit: number) => height - bottom - unit * (height - bottom - margin);
  const dots = placed(points, x, y);
  const [right, base] = [across(1), up(0)];
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      className="space"
      role="img"
      aria-label={`${plural(dots.length, 'trial')} in the plane of ${x.name} and ${y.name}`}
    >
      <rect x={left} y={up(1)} width={right - left} height={base - up(1)} fill="none" stroke="var(--line)" />
      {ticksOf(x).map(({ at, label }) => (
        <text
          key={label}
          x={across(at)}
          y={height - 14}
          fontSize="10"
          fill="var(--soft)"
          textAnchor={at === 0 ? 'start' : at === 1 ? 'end' : 'middle'}
        >
          {label}
        </text>
      ))}
      {ticksOf(y).map(({ at, label }) => (
        <text
          key={label}
          x={left - 5}
          y={up(at) + (at === 1 ? 8 : 3)}
          fontSize="10"
          fill="var(--soft)"
          textAnchor="end"
        >
          {label}
        </text>
      ))}
      <text x={(left + right) / 2} y={height - 2} fontSize="10" fill="var(--soft)" textAnchor="middle">
        {x.name}
      </text>
      {dots.map((dot) => (
        <circle key={dot.number} cx={across(dot.x)} cy={up(dot.y)} r={3} fill="var(--blue)" opacity={0.65}>
          <title>
            trial {dot.number}: {x.name} {formatValue(points[dot.number]![x.name])}, {y.name}{' '}
            {formatValue(points[dot.number]![y.name])}
          </title>
        </circle>
      ))}
    </svg>
  );
}
