/** Rank plot: trials over pairs of hyperparameters, coloured by the rank of their value, which outliers cannot compress. */
import { type ReactNode, useMemo, useSyncExternalStore } from 'react';
import { ascending, type Direction, signOf } from '../../../src/algorithms/objective.ts';
import { formatNumber, formatValue, plural } from '../../../src/format.ts';
import { axisFor, placeOn, scaleColours } from '../charts/axis.ts';
import type { ChartOption } from '../charts/echart.tsx';
import { LazyChart } from '../charts/lazy-chart.tsx';
import { tooltipText } from '../charts/tooltip-text.ts';
import { useAddress, useGo } from '../parts/address.ts';
import { objectiveOf } from '../parts/objective.ts';
import { type Colour, useColour } from '../theme.ts';
import { useComparable } from './comparable.ts';
import { Population } from './population.tsx';
import { nameOf, type Pair, pairsOf, type RankedTrial, rankedTrials } from './rank-data.ts';
import { useSelection } from './selection.ts';
import { thin, variedIn } from './space.ts';
import { columnNameOf } from './trial-columns.ts';
import { useShown } from './use-search.ts';

const MAX_POINTS = 1500;
/** So many hyperparameters have all their pairs drawn at once. */
const MAX_TOGETHER = 4;
const [HEIGHT, ALONE] = [230, 340];
const ALL = 'all';

export function RankPlot(): ReactNode {
  const { search } = useShown();
  const colour = useColour();
  const go = useGo();
  const { metric, direction } = objectiveOf(search);
  const varied = useMemo(() => variedIn(search), [search]);
  const pairs = useMemo(() => pairsOf(varied, varied.length), [varied]);
  const [chosen, choose] = useAddress('ranks', ALL);
  const pair = pairs.find((one) => nameOf(one) === chosen);
  const isNarrow = useNarrow();
  const shown = useMemo(
    () => (pair === undefined ? pairsOf(varied, isNarrow ? 2 : MAX_TOGETHER) : [pair]),
    [pair, varied, isNarrow],
  );
  const { trials: comparable, after } = useComparable();
  const { selected } = useSelection();
  const trials = useMemo(() => thin(comparable, MAX_POINTS, direction), [comparable, direction]);
  const ranked = useMemo(() => rankedTrials(trials, signOf(direction)), [trials, direction]);
  const option = useMemo(
    () => optionOf(ranked, shown, { metric, direction, colour, selected }),
    [ranked, shown, metric, direction, colour, selected],
  );
  if (pairs.length === 0 || trials.length === 0) return null;
  return (
    <section className="card wide">
      <div className="row spread">
        <h2>Rank</h2>
        <select
          aria-label="Pairs"
          value={pair === undefined ? ALL : chosen}
          onChange={(event) => choose(event.target.value)}
        >
          <option value={ALL}>
            {isNarrow
              ? 'the first pair'
              : varied.length > MAX_TOGETHER
                ? `pairs of the first ${MAX_TOGETHER}`
                : 'all pairs'}
          </option>
          {pairs.map((one) => (
            <option key={nameOf(one)}>{nameOf(one)}</option>
          ))}
        </select>
      </div>
      <LazyChart
        name={`${search.name}: rank`}
        label={`rank of the ${metric} of ${plural(trials.length, 'trial')} over ${shown.map(nameOf).join(', ')}`}
        option={option}
        height={shown.length === 1 ? ALONE : rowsOf(shown.length) * HEIGHT + 40}
        table={() => ({
          links: { search: search.id, column: 0 },
          heads: ['trial', 'rank', 'value', ...varied.map(({ name }) => columnNameOf(name))],
          rows: ranked.map(({ trial, rank }) => [
            trial.number,
            rank,
            trial.value,
            ...varied.map(({ name }) => trial.point[name]),
          ]),
        })}
        on={{
          click: (event) => {
            const { value } = event as { value?: readonly number[] };
            if (value !== undefined) go(`/searches/${search.id}/trials/${value[3]}`);
          },
        }}
      />
      <Population shown={trials} of={comparable} after={after}>
        Bright is best; only values at as many epochs are ranked.
      </Population>
    </section>
  );
}

/** On a phone, many small plots side by side could not be read. */
function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      narrow.addEventListener('change', changed);
      return () => narrow.removeEventListener('change', changed);
    },
    () => narrow.matches,
  );
}

const narrow = matchMedia('(max-width: 700px)');

function columnsOf(pairs: number): number {
  return pairs <= 2 ? pairs : 3;
}

function rowsOf(pairs: number): number {
  return Math.ceil(pairs / columnsOf(pairs));
}

interface Look {
  readonly metric: string;
  readonly direction: Direction;
  readonly colour: Colour;
  readonly selected: ReadonlySet<number> | undefined;
}

function optionOf(ranked: readonly RankedTrial[], pairs: readonly Pair[], look: Look): ChartOption {
  const { metric, direction, colour, selected } = look;
  const columns = columnsOf(pairs.length);
  const rows = rowsOf(pairs.length);
  const [width, height] = [92 / columns, 100 / rows];
  const axis = { nameLocation: 'middle', nameTextStyle: { color: colour('--soft'), fontSize: 11 } };
  return {
    grid: pairs.map((_, i) => ({
      left: columns === 1 ? 60 : `${(i % columns) * width + 5}%`,
      top: `${Math.floor(i / columns) * height + 3}%`,
      ...(columns === 1 ? { right: 60 } : { width: `${width - 7}%` }),
      height: `${height - (rows === 1 ? 18 : 14)}%`,
    })),
    tooltip: {
      formatter: ({ value, seriesIndex }: { value: readonly (number | string)[]; seriesIndex: number }) => {
        const { across, up } = pairs[seriesIndex]!;
        const { rank, trial } = ranked.find((one) => one.trial.number === value[3])!;
        return tooltipText([
          `trial ${trial.number}: rank ${formatNumber(rank)} of ${ranked.length}`,
          `${metric} ${formatValue(trial.value)}`,
          `${across.name} ${formatValue(value[0])}`,
          `${up.name} ${formatValue(value[1])}`,
        ]);
      },
    },
    xAxis: pairs.map(({ across }, gridIndex) => ({
      ...axisFor(across.name, across.distribution, colour),
      ...axis,
      gridIndex,
      nameGap: 24,
    })),
    yAxis: pairs.map(({ up }, gridIndex) => ({
      ...axisFor(up.name, up.distribution, colour),
      ...axis,
      gridIndex,
      nameGap: 38,
    })),
    visualMap: {
      dimension: 2,
      min: 0,
      max: 1,
      right: 0,
      top: 'middle',
      itemWidth: 14,
      itemHeight: 140,
      text: [...ascending(['worst', 'best'], direction)].reverse(),
      textStyle: { color: colour('--soft') },
      inRange: { color: [...ascending(scaleColours, direction)] },
    },
    series: pairs.map((pair, i) => ({
      type: 'scatter',
      xAxisIndex: i,
      yAxisIndex: i,
      symbolSize: 7,
      data: pointsOf(ranked, pair, selected, colour),
    })),
  };
}

/** The selected ones are drawn last. */
function pointsOf(
  ranked: readonly RankedTrial[],
  { across, up }: Pair,
  selected: ReadonlySet<number> | undefined,
  colour: Colour,
): object[] {
  const isIn = ({ trial }: RankedTrial) => selected?.has(trial.number) ?? true;
  return ranked
    .filter(({ trial }) => trial.point[across.name] !== undefined && trial.point[up.name] !== undefined)
    .toSorted((a, b) => Number(isIn(a)) - Number(isIn(b)))
    .map((one) => ({
      value: [
        placeOn(across.distribution, one.trial.point[across.name]),
        placeOn(up.distribution, one.trial.point[up.name]),
        one.unit,
        one.trial.number,
      ],
      itemStyle: { opacity: isIn(one) ? 0.95 : 0.1, borderColor: colour('--grey'), borderWidth: 1 },
    }));
}
