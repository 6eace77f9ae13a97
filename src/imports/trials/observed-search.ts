/** Trials of another tool as a search that has ended: its record, and the rows of its trials and events as JSON text. */
import type { Search } from '../../domain/search.ts';
import { OBSERVED_METRIC, type Observed } from '../../domain/specification/observed.ts';
import { type Metric, type Specification, specificationSchema } from '../../domain/specification/specification.ts';
import { validationKinds } from '../../domain/specification/validation.ts';
import { ownMetric } from '../metric-names.ts';
import type { MappedPoints } from './mapped-points.ts';
import { RowWriter, storable } from './row-writer.ts';
import { type Note, refusedFile, type SourceTrials } from './source-trials.ts';
import { stepsOf } from './steps.ts';

/** What is stored of it; rows are JSON lists in UTF-8, many in one. */
export interface ObservedSearch {
  readonly record: Pick<Search, 'name' | 'specification' | 'trials' | 'best' | 'improvements' | 'epochs' | 'seq'> &
    Pick<Search, 'notes' | 'tags'>;
  readonly trials: readonly Uint8Array[];
  readonly events: readonly Uint8Array[];
}

interface Named {
  readonly name: string | undefined;
  readonly file: string | undefined;
  /** Empty if none was given. */
  readonly dataset: string;
}

const MAX_NAME = 200;
/** As many as a request can name. */
const MAX_METRIC = 300;

/** An accuracy in percent is not our accuracy. */
function isPossible(metric: Metric, value: number): boolean {
  const isShare = metric === 'validationAccuracy' || metric === 'validationMacroF1' || metric === 'validationRocAuc';
  return !isShare || (value >= 0 && value <= 1);
}

export function observedSearch(
  source: SourceTrials,
  points: MappedPoints,
  named: Named,
): { readonly search: ObservedSearch; readonly notes: readonly Note[] } {
  const { trials } = source;
  if (!trials.some(({ state }) => state === 'complete' || state === 'pruned'))
    throw refusedFile('', `none of the ${trials.length} trials in the file is complete or pruned`);
  const { metric } = source.objective;
  if (metric.length > MAX_METRIC)
    throw refusedFile(
      'metric',
      `the name of the objective must have at most ${MAX_METRIC} characters, got ${metric.length}`,
    );
  const own = ownMetric(metric);
  const isOwn = own === undefined || trials.every(({ value }) => value === null || isPossible(own, value));
  const specification = specificationOf(source, points, named, (isOwn && own) || OBSERVED_METRIC);
  const steps = stepsOf(trials);
  const writer = new RowWriter(specification);
  for (const [number, trial] of trials.entries()) writer.add(trial, points.pointOf(number), steps.seriesOf(trial));
  storable({ specification, notes: source.searchNotes, points: points.notes }, '');
  const { searchNotes: notes = '', searchTags: tags = [] } = source;
  const { record, ...rows } = writer.done();
  return {
    search: { record: { ...record, name: specification.name, specification, notes, tags }, ...rows },
    notes: isOwn
      ? steps.notes
      : [{ name: metric, text: `has values that are not from 0 to 1: it is not taken for ${own}` }, ...steps.notes],
  };
}

/** What is not known of the other tool’s search has our defaults, which nothing reads: nothing of it is trained. */
function specificationOf(
  source: SourceTrials,
  points: MappedPoints,
  named: Named,
  metric: Specification['objective']['metric'],
): Specification {
  const { format, objective, trials, own, folds } = source;
  const defaults = specificationSchema.parse({ dataset: 'none' });
  const observed: Observed = {
    format,
    ...(named.file !== undefined && { file: named.file }),
    metric: objective.metric,
  };
  const kFold = folds !== undefined && folds > 1 && folds <= 100;
  return {
    name:
      (named.name ?? source.name ?? named.file ?? format)
        .trim()
        .slice(0, MAX_NAME)
        .replace(/[\ud800-\udbff]$/, '') || format,
    dataset: named.dataset,
    hyperparameters: points.hyperparameters,
    enqueue: [],
    sampler: defaults.sampler,
    validation: own?.validation ?? validationKinds.parse(kFold ? { type: 'kFold', folds } : { type: 'holdout' }),
    objective: { metric, direction: objective.direction },
    pruner: defaults.pruner,
    stages: [],
    budget: { trials: trials.length },
    limits: defaults.limits,
    observed,
  };
}
