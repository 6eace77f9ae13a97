/** The live view: optimization history, learning curves, and running trials. */

import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { bestFirst } from '../../../src/algorithms/objective.ts';
import { ownFindings } from '../../../src/domain/finding-scope.ts';
import { formatCell, formatDeviation, formatValue, words } from '../../../src/format.ts';
import { hasEpochs, isObserved, objectiveOf } from '../parts/objective.ts';
import { Sparkline } from '../parts/sparkline.tsx';
import { numeric, Table } from '../parts/table.tsx';
import { BestCard } from './best-card.tsx';
import { ConfirmationCard } from './confirmation.tsx';
import { CurvesCard } from './curves-card.tsx';
import { HistoryCard } from './history-card.tsx';
import type { SearchModel } from './model.ts';
import { isNumeric, type Varied, variedIn } from './space.ts';
import { useShown } from './use-search.ts';

export function LivePanel(): ReactNode {
  const { search } = useShown();
  return (
    <div className="overview">
      <HistoryCard />
      <BestCard />
      {hasEpochs(search) && <CurvesCard />}
      <Running />
      <ConfirmationCard />
      <Best />
    </div>
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
      <h2>Running trials: validation loss, training loss dashed</h2>
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
  const { search } = useShown();
  const curve = model.curveOf(number);
  const { epochs, at } = model.live.get(number)!;
  const trial = model.trial(number);
  if (curve === undefined) return null;
  const done = curve.epochs.length;
  const point = trial?.point ?? {};
  const found = ownFindings(trial?.found ?? [], search.specification.hyperparameters);
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
      {found.length > 0 && <div className="fault">{found.map(words).join(', ')}</div>}
    </div>
  );
}

function headOf(varied: Varied) {
  return isNumeric(varied) ? numeric(varied.name) : varied.name;
}

const MAX_BEST = 10;

function Best(): ReactNode {
  const { search, trials: all } = useShown();
  const { metric, direction } = objectiveOf(search);
  const { hyperparameters } = search.specification;
  const stage = search.best?.stage ?? 0;
  const best = all
    .filter((trial) => trial.state === 'complete' && trial.value !== null && trial.stage === stage)
    .sort(bestFirst(direction))
    .slice(0, MAX_BEST);
  const varied = variedIn(search);
  const isExamined = !isObserved(search);
  if (best.length === 0) return null;
  return (
    <section className="card wide">
      <h2>
        Best trials{search.best?.confirmed && ', by their values in the search'}
        {search.stages.length > 1 ? `, of stage ${stage + 1}` : ''}
      </h2>
      <Table
        label="The best trials"
        heads={[numeric('trial'), numeric(metric), ...varied.map(headOf), ...(isExamined ? ['problems'] : [])]}
      >
        {best.map(({ number, value, deviation, point, found }) => (
          <tr key={number}>
            <td className="number">
              <Link href={`/searches/${search.id}/trials/${number}`}>{number}</Link>
            </td>
            <td className="number">
              {formatValue(value)}
              {deviation !== null && <span className="soft"> ± {formatDeviation(deviation)}</span>}
            </td>
            {varied.map((one) => (
              <td key={one.name} className={isNumeric(one) ? 'number' : undefined}>
                {formatCell(point[one.name])}
              </td>
            ))}
            {isExamined && (
              <td className="small">
                {ownFindings(found, hyperparameters).map(words).join(', ') || <span className="soft">none</span>}
              </td>
            )}
          </tr>
        ))}
      </Table>
    </section>
  );
}
