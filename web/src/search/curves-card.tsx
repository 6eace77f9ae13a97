/** Learning curves of many trials: all, or the best; coloured by state or by a hyperparameter. */
import { type ReactNode, useMemo } from 'react';
import { seriesOf } from '../../../src/domain/intermediate-values.ts';
import { formatValue, plural } from '../../../src/format.ts';
import type { SeriesName } from '../../../src/nn/training/series.ts';
import type { Search } from '../api.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { useAddress, useGo } from '../parts/address.ts';
import { useLog } from '../parts/log-switch.tsx';
import { metricNames } from '../parts/objective.ts';
import { useColour } from '../theme.ts';
import { ColourLegend, Swatch } from './colour-legend.tsx';
import { ranked } from './history-data.ts';
import { curveLines, curvesOf } from './live-data.ts';
import { useSelection } from './selection.ts';
import { scoredIn, variedIn } from './space.ts';
import { colourBy } from './trial-colours.ts';
import { columnNameOf } from './trial-columns.ts';
import { useShown } from './use-search.ts';

/** The titles of the series. With a loss as objective, the metric depends on the task. */
function namesOf({
  specification: { objective },
  baselines,
}: Pick<Search, 'specification' | 'baselines'>): Readonly<Record<SeriesName, string>> {
  const title = objective.metric === 'validationLoss' ? besideLoss(baselines) : metricNames[objective.metric];
  // Accuracy, but RMSE and ROC AUC.
  const metric = title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
  return {
    validationMetric: `validation ${metric}`,
    validationLoss: 'validation loss',
    trainMetric: `training ${metric}`,
    trainLoss: 'training loss',
  };
}

/** A loss of classes has another baseline than that of a regression; searches of earlier versions have none. */
function besideLoss(baselines: Search['baselines']): string {
  const measure = baselines.find((one) => one !== null)?.measure;
  if (measure === undefined) return 'metric';
  return measure === 'logLoss' ? metricNames.validationAccuracy : metricNames.validationRmse;
}

export function CurvesCard(): ReactNode {
  const { search, shot, model } = useShown();
  const go = useGo();
  const colour = useColour();
  const usual = seriesOf(search.specification.objective.metric);
  const [chosen, choose] = useAddress('curves', usual);
  const [which, setWhich] = useAddress('trials', 'all');
  const [by, setBy] = useAddress('colour', 'state');
  const [log, logSwitch] = useLog();
  const { selected } = useSelection();
  const series = useMemo(() => namesOf(search), [search]);
  const name: SeriesName = Object.hasOwn(series, chosen) ? (chosen as SeriesName) : usual;
  const { direction } = search.specification.objective;
  const varied = useMemo(() => variedIn(search), [search]);
  const coloured = varied.find(({ name: own }) => columnNameOf(own) === by);
  const best = search.best?.number;
  const only = useMemo(() => {
    if (selected !== undefined) return selected;
    if (which === 'all') return undefined;
    const known = scoredIn(shot.trials).filter(({ number }) => shot.model.curveOf(number) !== undefined);
    return new Set(
      ranked(known, direction)
        .slice(0, Number(which) || undefined)
        .map(({ number }) => number),
    );
  }, [selected, which, shot, direction]);
  const { columns, numbers, trials } = useMemo(() => curvesOf(shot, { name, best, only }), [shot, name, best, only]);
  const trained = useMemo(() => shot.trials.filter(({ epochs }) => epochs > 0).length, [shot]);
  const strokes = useMemo(() => {
    if (coloured === undefined) return undefined;
    const colourOf = colourBy(coloured, colour);
    return numbers.map((number) =>
      number === undefined ? undefined : colourOf(shot.model.trial(number)?.point[coloured.name]),
    );
  }, [coloured, colour, numbers, shot]);
  return (
    <section className="card wide">
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
          <select
            aria-label="Curves of which trials"
            value={which}
            disabled={selected !== undefined}
            onChange={(event) => setWhich(event.target.value)}
          >
            <option value="all">all trials</option>
            <option value="10">10 best trials</option>
            <option value="30">30 best trials</option>
          </select>
          <select aria-label="Colour of the curves" value={by} onChange={(event) => setBy(event.target.value)}>
            <option value="state">colour: state</option>
            {varied.map((one) => (
              <option key={one.name} value={columnNameOf(one.name)}>
                colour: {columnNameOf(one.name)}
              </option>
            ))}
          </select>
          {logSwitch}
        </div>
      </div>
      {search.removed.curves !== null && (
        <p className="small soft">
          The curves of trials that had ended by {new Date(search.removed.curves).toLocaleDateString()} were removed by
          the retention of the service.
        </p>
      )}
      <LineChart
        name={`${search.name}: curves`}
        label={`${series[name]} by epoch of ${plural(trials, 'trial')}, coloured by ${coloured?.name ?? 'state'}`}
        data={columns}
        lines={curveLines}
        xLabel="epoch"
        yLabel={series[name]}
        logY={log}
        legend={false}
        trials={{ search: search.id, lines: numbers }}
        names={numbers.map((number, i) =>
          number === undefined || !hasValues(columns[i + 1]) ? undefined : `trial ${number}`,
        )}
        {...(strokes && { strokes })}
        hit={(line, index) => {
          const number = numbers[line];
          if (number === undefined) return undefined;
          const trial = model.trial(number);
          const value = columns[line + 1]?.[index];
          const text = [
            `trial ${number}${number === best ? ', best' : ''}`,
            `${series[name]} ${formatValue(value)} at epoch ${columns[0]![index]}`,
            ...(coloured === undefined ? [] : [`${coloured.name} ${formatValue(trial?.point[coloured.name])}`]),
          ];
          return { text, open: () => go(`/searches/${search.id}/trials/${number}`) };
        }}
      />
      <div className="row spread small soft">
        <span>
          {trials} of {plural(search.trials.planned, 'trial')}
          {selected !== undefined
            ? ', the selected ones'
            : which === 'all'
              ? whichOf(trials, trained, search)
              : ', the best'}
        </span>
        {coloured === undefined ? <StateLegend /> : <ColourLegend of={coloured} />}
      </div>
    </section>
  );
}

/** Of all trials: why some have no curve. */
function whichOf(drawn: number, trained: number, { trials, removed }: Search): string {
  if (drawn === trials.planned || removed.curves !== null) return '';
  return drawn < trained
    ? ', a sample: the running, the best and evenly spaced others'
    : '; the others have not ended an epoch';
}

function hasValues(column: readonly (number | null)[] | undefined): boolean {
  return column?.some((value) => value !== null) ?? false;
}

function StateLegend(): ReactNode {
  return (
    <span className="row">
      <Swatch colour="--blue">running</Swatch> <Swatch colour="--grey">ended</Swatch>{' '}
      <Swatch colour="--green">best</Swatch>
    </span>
  );
}
