/** Shows what random and grid search of this size would try of two hyperparameters, and of each one separately. */

import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { createSampler } from '../../../src/algorithms/samplers/create-sampler.ts';
import { gridOf } from '../../../src/algorithms/space/coverage.ts';
import { type NumericDistribution, spaceOf } from '../../../src/algorithms/space/space.ts';
import { formatPercent, formatValue, plural } from '../../../src/format.ts';
import { api } from '../api.ts';
import { unitOf } from '../charts/axis.ts';
import { isObserved } from '../parts/objective.ts';
import { numeric, Table } from '../parts/table.tsx';
import { variedIn } from './space.ts';
import { useShown } from './use-search.ts';

const MAX_POINTS = 400;

export function CoveragePicture(): ReactNode {
  const { search } = useShown();
  const { id, specification } = search;
  const { data } = useQuery({
    queryKey: ['coverage', id, search.trials.total],
    queryFn: () => api.about(id, 'coverage'),
  });
  const axes = useMemo(
    () =>
      variedIn(search).flatMap(({ name, distribution }) =>
        distribution.distribution !== 'categorical' && distribution.when === undefined ? [{ name, distribution }] : [],
      ),
    [search],
  );
  const [across, up] = axes;
  // Another tool may have sampled them in any way.
  if (across === undefined || up === undefined || isObserved(search)) return null;
  const count = Math.min(search.trials.total, MAX_POINTS);
  return (
    <section className="card wide">
      <h2>Random and grid search</h2>
      <p className="soft small">
        {plural(count, 'sample')} of {across.name} and {up.name}; the ticks on the edges show the distinct values of
        each.
      </p>
      <div className="row" style={{ alignItems: 'start' }}>
        {(['grid', 'random'] as const).map((sampler) => (
          <Layout
            key={sampler}
            sampler={sampler}
            hyperparameters={specification.hyperparameters}
            seed={specification.sampler.seed}
            count={count}
            across={across}
            up={up}
          />
        ))}
      </div>
      {data && (
        <Table
          label="Coverage"
          heads={[
            'probability of hitting 1 % of the space',
            ...['if one matters', 'if two matter', 'if all matter'].map(numeric),
          ]}
          className="small"
        >
          {data.samplers.map(({ sampler, hit, trials }) => (
            <tr key={sampler}>
              <td>
                {sampler}, {plural(trials, 'trial')}
              </td>
              <td className="number">{formatPercent(hit.one)}</td>
              <td className="number">{formatPercent(hit.two)}</td>
              <td className="number">{formatPercent(hit.all)}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

interface Axis {
  readonly name: string;
  readonly distribution: NumericDistribution;
}
interface LayoutProps {
  readonly sampler: 'grid' | 'random';
  readonly hyperparameters: Parameters<typeof spaceOf>[0];
  readonly seed: number;
  readonly count: number;
  readonly across: Axis;
  readonly up: Axis;
}

const SIDE = 150;
const EDGE = 18;

function Layout({ sampler, hyperparameters, seed, count, across, up }: LayoutProps): ReactNode {
  const points = useMemo(() => {
    const space = spaceOf(hyperparameters);
    const sampled = sampler === 'grid' ? gridOf(space, count) : space;
    const { size, propose } = createSampler(sampled, { type: sampler, seed }, [], 'maximize');
    const [x, y] = [unitOf(across.distribution), unitOf(up.distribution)];
    return Array.from({ length: Math.min(count, size) }, (_, number) => {
      const point = propose(number, []);
      return { x: x.at(Number(point[across.name])) * SIDE, y: SIDE - y.at(Number(point[up.name])) * SIDE };
    });
  }, [sampler, hyperparameters, seed, count, across, up]);
  const different = (values: readonly number[]) => new Set(values.map((value) => value.toFixed(6))).size;
  const [xs, ys] = [different(points.map(({ x }) => x)), different(points.map(({ y }) => y))];
  const caption = `${sampler}: ${plural(xs, 'value')} of ${across.name}, ${formatValue(ys)} of ${up.name}`;
  return (
    <figure style={{ margin: 0, flex: '1 1 12rem', maxWidth: '24rem' }}>
      <svg
        viewBox={`-4 -4 ${SIDE + EDGE + 8} ${SIDE + EDGE + 8}`}
        role="img"
        aria-label={caption}
        style={{ width: '100%' }}
      >
        <rect width={SIDE} height={SIDE} fill="none" stroke="var(--line)" />
        {points.map(({ x, y }, i) => (
          <g key={i}>
            <circle cx={x} cy={y} r={2} fill="var(--blue)" opacity={0.8} />
            <path d={`M${x} ${SIDE + 6}v${EDGE - 8}M${SIDE + 6} ${y}h${EDGE - 8}`} stroke="var(--orange)" />
          </g>
        ))}
      </svg>
      <figcaption className="small">{caption}</figcaption>
    </figure>
  );
}
