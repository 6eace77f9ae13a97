/** Analysis: hyperparameter importance, parallel coordinates, slices, contour plots and coverage. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { formatPercent, plural } from '../../../src/format.ts';
import { api, type Importance } from '../api.ts';
import { cssLength } from '../css.ts';
import { useAddress } from '../parts/address.ts';
import { Problem } from '../parts/problem.tsx';
import { endedOf } from '../parts/state.tsx';
import { numeric, Table } from '../parts/table.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { Contour } from './contour.tsx';
import { CoveragePicture } from './coverage.tsx';
import { ValueDistribution } from './distribution.tsx';
import { Parallel } from './parallel.tsx';
import { RankPlot } from './rank-plot.tsx';
import { Slices } from './slices.tsx';
import { steps } from './steps.ts';
import { useShown } from './use-search.ts';

export default function AnalysisPanel(): ReactNode {
  return (
    <div className="grid halves">
      <ImportanceCard />
      <Slices />
      <Parallel />
      <Contour />
      <ValueDistribution />
      <RankPlot />
      <CoveragePicture />
    </div>
  );
}

/** Smaller interactions would be shown as 0.0 %. */
const MIN_SHARE = 5e-4;

function ImportanceCard(): ReactNode {
  const { search } = useShown();
  const [chosen, choose] = useAddress('importance');
  const { data, error } = useQuery({
    queryKey: ['importance', search.id, steps(endedOf(search.trials)), search.state, chosen],
    queryFn: () => api.importance(search.id, chosen === 'complete' ? chosen : Number(chosen) || undefined),
    placeholderData: (before) => before,
  });
  const pairs = data?.pairs.filter(({ share }) => share >= MIN_SHARE) ?? [];
  return (
    <section className="card">
      <div className="row spread">
        <h2>Hyperparameter importance</h2>
        {data && data.groups.length > 1 && (
          <select
            aria-label="Trials of the importance"
            value={String(data.epochs ?? 'complete')}
            onChange={(event) => choose(event.target.value)}
          >
            {data.groups.map(({ epochs, trials }) => (
              <option key={epochs} value={String(epochs ?? 'complete')}>
                {epochs === null
                  ? plural(trials, 'complete trial')
                  : `after ${plural(epochs, 'epoch')}: ${plural(trials, 'trial')}`}
              </option>
            ))}
          </select>
        )}
      </div>
      {error && <Problem error={error} />}
      {data === undefined && !error && <Waiting what="the importance" />}
      {data && (
        <>
          <p className="soft small">
            {data.note} {plural(data.trials, data.epochs === null ? 'complete trial' : 'trial')}
            {search.specification.stages.length > 1 && ' of the newest stage'}
            {data.epochs !== null && `, by their values after ${plural(data.epochs, 'epoch')}`}.
          </p>
          <div className="importance">
            {data.shares.map(({ name, share, low, high, amongBest }) => (
              <ImportanceLine key={name} {...{ name, share, low, high, amongBest }} />
            ))}
          </div>
          {data.shares.length > 0 && <ImportanceTable shares={data.shares} />}
          {pairs.length > 0 && (
            <p className="small" style={{ marginTop: '0.75rem' }}>
              <strong>Interactions:</strong>{' '}
              {pairs.map(({ names, share }) => `${names.join(' × ')} ${formatPercent(share)}`).join(', ')}
            </p>
          )}
        </>
      )}
    </section>
  );
}

function ImportanceTable({ shares }: Pick<Importance, 'shares'>): ReactNode {
  return (
    <details>
      <summary className="small">Table</summary>
      <Table
        label="Hyperparameter importance: table"
        heads={['hyperparameter', ...['share', '90 % interval', 'PED-ANOVA'].map(numeric)]}
      >
        {shares.map(({ name, share, low, high, amongBest }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="number">{formatPercent(share)}</td>
            <td className="number">
              {formatPercent(low)} … {formatPercent(high)}
            </td>
            <td className="number">{formatPercent(amongBest)}</td>
          </tr>
        ))}
      </Table>
    </details>
  );
}

type Line = Pick<Importance['shares'][number], 'name' | 'share' | 'low' | 'high' | 'amongBest'>;

function ImportanceLine({ name, share, low, high, amongBest }: Line): ReactNode {
  return (
    <>
      <span>{name}</span>
      <span className="track" title={`90 % interval: ${formatPercent(low)} to ${formatPercent(high)}`}>
        <span className="share" style={{ width: cssLength(share) }} />
        <span className="interval" style={{ left: cssLength(low), width: cssLength(Math.max(0, high - low)) }} />
      </span>
      <span className="number">
        {formatPercent(share)}{' '}
        <span className="soft small" title="PED-ANOVA: the importance for being among the best tenth of the trials">
          PED-ANOVA {formatPercent(amongBest)}
        </span>
      </span>
    </>
  );
}
