/** Whether the best trial of a search is distinguishable from a baseline that uses no feature. Used by the page: it imports no schema. */
import { type Evidence, evidenceOf } from '../algorithms/evidence.ts';
import { formatNumber, plural, significant } from '../format.ts';
import type { Search } from './search.ts';
import type { Specification } from './specification/specification.ts';

type Known = Pick<Search, 'best' | 'baselines' | 'trials' | 'epochs' | 'specification'>;
type Baseline = NonNullable<Search['baselines'][number]>;

type Observable = Specification['objective']['metric'];

/** The constant prediction of the baseline. Observed trials have none. */
export function baselineName(metric: Observable, { measure }: Pick<Baseline, 'measure'>): string {
  if (metric === 'validationLoss') return measure === 'logLoss' ? 'class frequencies' : 'mean of the target';
  return constants[metric];
}

const constants: Readonly<Record<Exclude<Observable, 'validationLoss'>, string>> = {
  validationAccuracy: 'most frequent class',
  validationMacroF1: 'constant or random classes',
  validationRocAuc: 'chance',
  validationRmse: 'mean of the target',
  validationMae: 'median of the target',
  validationR2: 'mean of the target',
  observed: 'none',
};

/** The baseline of the stage of the best trial; undefined if none is stored. */
export function baselineOf({ best, baselines }: Pick<Search, 'best' | 'baselines'>): Baseline | undefined {
  return baselines[best?.stage ?? 0] ?? undefined;
}

/** From how many values the best was selected: those of trials, or with early stopping those of all epochs. */
function comparisonsOf({ trials, epochs, specification }: Omit<Known, 'best' | 'baselines'>): number {
  const { complete, diverged, pruned, paused } = trials;
  const { patience } = specification.hyperparameters;
  const stopsEarly = patience !== undefined && patience !== 0;
  return Math.max(1, stopsEarly ? epochs : complete - diverged + pruned + paused);
}

/**
 * Undefined without a best trial or a baseline. A confirmed value was corrected for the selection, and its standard error is known.
 * `standardError`: that of the best value over its folds, which only losses of classes need.
 */
export function bestEvidence(search: Known, standardError: number | null = null): Evidence | undefined {
  const { best } = search;
  const baseline = baselineOf(search);
  if (best === null || baseline === undefined) return undefined;
  const { direction } = search.specification.objective;
  if (best.confirmed !== undefined) {
    const { value, standardError: error } = best.confirmed;
    return evidenceOf({ value, standardError: error, comparisons: 1 }, baseline, direction);
  }
  const error = baseline.measure === 'logLoss' ? standardError : null;
  return evidenceOf(
    { value: best.value, standardError: error, comparisons: comparisonsOf(search) },
    baseline,
    direction,
  );
}

/** One sentence; undefined without evidence. */
export function evidenceText(search: Known, evidence = bestEvidence(search)): string | undefined {
  const { best } = search;
  const baseline = baselineOf(search);
  if (evidence === undefined || baseline === undefined || best === null) return undefined;
  const { metric } = search.specification.objective;
  const name = `the baseline ${formatNumber(baseline.value)} (${baselineName(metric, baseline)})`;
  const { comparisons, p, aboveBaseline } = evidence;
  const selected =
    best.confirmed !== undefined
      ? 'as confirmed'
      : comparisons === 1
        ? 'for a single trial'
        : `for the best of ${plural(comparisons, 'value')}`;
  return aboveBaseline
    ? `Better than ${name}: p ${formatP(p)} ${selected}.`
    : `Not distinguishable from ${name}: p ${formatP(p)} ${selected}. Chance alone reaches ${formatNumber(best.confirmed?.value ?? best.value)}.`;
}

function formatP(p: number): string {
  return p < 0.001 ? '< 0.001' : `= ${significant(p, 2)}`;
}
