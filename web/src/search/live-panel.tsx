/** The live view: optimization history, learning curves, and running trials. */

import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import { bestFirst } from '../../../src/algorithms/objective.ts';
import { formatValue } from '../../../src/format.ts';
import type { SeriesName } from '../../../src/nn/training/series.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { useAddress, useGo } from '../parts/address.ts';
import { useLog } from '../parts/log-switch.tsx';
import { Sparkline } from '../parts/sparkline.tsx';
import { Table } from '../parts/table.tsx';
import { ConfirmationCard } from './confirmation.tsx';
import { curveLines, curvesOf, historyOf } from './live-data.ts';
import type { SearchModel } from './model.ts';
import { variedIn } from './space.ts';
import { useShown } from './use-search.ts';

export function LivePanel(): ReactNode {
  return (
    <div className="grid">
      <History />
      <Curves />
      <Running />
      <ConfirmationCard />
      <Best />
    </div>
  );
}

function History(): ReactNode {
  const { search, trials: all } = useShown();
  const go = useGo();
  const { metric, direction } = search.specification.objective;
  const data = useMemo(() => historyOf(all, direction), [all, direction]);
  const best = data[2].at(-1);
  return (
    <section className="card">
      <h2>Optimization history</h2>
      <LineChart
        name={`${search.name}: optimization history`}
        label={`${metric} by trial; the best is ${formatValue(best)}`}
        data={data}
        lines={historyLines}
        xLabel="trial"
        yLabel={metric}
        onPick={(number) => go(`/searches/${search.id}/trials/${number}`)}
      />
    </section>
  );
}

const historyLines = [
  { label: 'value', colour: '--grey', points: true },
  { label: 'best value', colour: '--green', width: 2, steps: true },
];

const series: Readonly<Record<SeriesName, string>> = {
  validationMetric: 'validation metric',
  validationLoss: 'validation loss',
  trainMetric: 'training metric',
  trainLoss: 'training loss',
};

function Curves(): ReactNode {
  const { search, shot } = useShown();
  const [chosen, choose] = useAddress('curves', 'validationMetric');
  const [log, logSwitch] = useLog();
  const name: SeriesName = Object.hasOwn(series, chosen) ? (chosen as SeriesName) : 'validationMetric';
  const best = search.best?.number;
  const { data, trials } = useMemo(() => curvesOf(shot, name, best), [shot, name, best]);
  return (
    <section className="card">
      <div className="row spread">
        <h2>Learning curves</h2>
        <div className="row small">
          <select aria-label="Which curves" value={name} onChange={(event) => choose(event.target.value)}>
            {Object.entries(series).map(([one, title]) => (
              <option key={one} value={one}>
                {title}
              </option>
            ))}
          </select>
          {logSwitch}
        </div>
      </div>
      <LineChart
        name={`${search.name}: curves`}
        label={`${series[name]} by epoch of ${trials} trials; running ones are blue, the best is green`}
        data={data}
        lines={curveLines}
        xLabel="epoch"
        yLabel={series[name]}
        logY={log}
        legend={false}
      />
      <p className="soft small" style={{ margin: 0 }}>
        {trials} of {search.trials.planned} trials · blue: training now · green: the best
      </p>
    </section>
  );
}

const MAX_CARDS = 12;

function Running(): ReactNode {
  const { search, model } = useShown();
  const running = [...model.live.keys()].slice(0, MAX_CARDS);
  if (running.length === 0) return null;
  const varied = variedIn(search);
  return (
    <section className="card wide">
      <h2>Training now: validation loss, training loss dashed</h2>
      <div className="live-cards">
        {running.map((number) => (
          <RunningCard
            key={number}
            id={search.id}
            model={model}
            number={number}
            names={varied.map(({ name }) => name)}
          />
        ))}
      </div>
    </section>
  );
}

interface RunningCardProps {
  readonly id: string;
  readonly model: SearchModel;
  readonly number: number;
  readonly names: readonly string[];
}

function RunningCard({ id, model, number, names }: RunningCardProps): ReactNode {
  const curve = model.curveOf(number);
  const { epochs, at } = model.live.get(number)!;
  const trial = model.trial(number);
  if (curve === undefined) return null;
  const done = curve.epochs.length;
  const point = trial?.point ?? {};
  return (
    <div className="card" data-trial={number} data-epoch={done} data-at={at}>
      <div className="row spread">
        <Link href={`/searches/${id}/trials/${number}`}>trial {number}</Link>
        <span className="soft small number">
          epoch {done}
          {epochs > 0 && ` of ${epochs}`}
        </span>
      </div>
      <Sparkline
        label={`losses of trial ${number}: validation ${formatValue(curve.validationLoss.at(-1))}, training ${formatValue(curve.trainLoss.at(-1))}`}
        places={Math.max(epochs, done)}
        lines={[
          { values: curve.trainLoss, kind: 'train' },
          { values: curve.validationLoss, kind: 'validation' },
        ]}
      />
      <div className="soft small">
        {names
          .filter((name) => name in point)
          .map((name) => `${name} ${formatValue(point[name])}`)
          .join(' · ')}
      </div>
      {(trial?.found.length ?? 0) > 0 && <div className="fault">{trial!.found.join(', ')}</div>}
    </div>
  );
}

const MAX_BEST = 10;

function Best(): ReactNode {
  const { search, trials: all } = useShown();
  const { metric, direction } = search.specification.objective;
  const stage = search.best?.stage ?? 0;
  const best = all
    .filter((trial) => trial.state === 'complete' && trial.value !== null && trial.stage === stage)
    .sort(bestFirst(direction))
    .slice(0, MAX_BEST);
  const varied = variedIn(search);
  if (best.length === 0) return null;
  return (
    <section className="card wide">
      <h2>
        Best trials{search.best?.confirmed && ', by their values in the search'}
        {search.stages.length > 1 ? `, of stage ${stage + 1}` : ''}
      </h2>
      <Table label="The best trials" heads={['trial', metric, ...varied.map(({ name }) => name), 'problems']}>
        {best.map(({ number, value, deviation, point, found }) => (
          <tr key={number}>
            <td>
              <Link href={`/searches/${search.id}/trials/${number}`}>{number}</Link>
            </td>
            <td>
              {formatValue(value)}
              {deviation !== null && <span className="soft"> ± {formatValue(deviation)}</span>}
            </td>
            {varied.map(({ name }) => (
              <td key={name}>{formatValue(point[name])}</td>
            ))}
            <td className="small">{found.join(', ') || <span className="soft">none</span>}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
