/** A specification as it was sent, judged as a whole: its defaults, and everything that can be wrong with it. */
import type { z } from 'zod';
import { megabytes } from '../compute/trial.ts';
import type { Dataset } from '../data/dataset.ts';
import { type Fault, Problem } from '../errors.ts';
import type { Direction } from '../objective.ts';
import { LARGEST_GRID } from '../search/samplers/grid.ts';
import type { Distribution, Point, Value } from '../search/space.ts';
import { circleFaults, conditionFaults } from './conditions.ts';
import { courseFaults, defaultTrials } from './course.ts';
import { readEnqueue } from './enqueue.ts';
import { faultsOf, isRecord, shown } from './faults.ts';
import { hiddenUnitsFaults, spelledOut, withLayerConditions } from './hidden-units.ts';
import { defaultHyperparameters, fallbacks, readableOf } from './hyperparameters.ts';
import { largestTrial } from './largest-trial.ts';
import { metrics } from './objectives.ts';
import type { SearchQueries, TrialMemory } from './ports.ts';
import type { Settings } from './settings.ts';
import { type DatasetFacts, type Metric, type Specification, samplerOf, specificationSchema } from './specification.ts';
import { needsRows, undefinedMetricFaults } from './undefined-metric.ts';
import { validationFaults } from './validation.ts';
import { warmStarted } from './warm-start.ts';
import { type Warning, warningsOf } from './warnings.ts';

/** The data sets there are; rows are read only where the facts do not tell enough. */
export interface Datasets {
  find(name: string): Promise<DatasetFacts | undefined>;
  load(name: string): Promise<Dataset | undefined>;
}

/** What a specification is judged by. */
export interface Knowledge {
  readonly datasets: Datasets;
  readonly queries: Pick<SearchQueries, 'find' | 'best'>;
  readonly memory: TrialMemory;
}

/** A specification, what it was judged to be for, and what may not be as it was meant. */
export interface Parsed {
  readonly specification: Specification;
  readonly dataset: DatasetFacts;
  readonly warnings: readonly Warning[];
}

/**
 * The specification in `body`, with its defaults, or a Problem that lists every fault at once.
 *
 * The shape and what ties its parts together are judged separately and both to the end, so that a mistyped bound does not
 * hide an unknown data set.
 */
export async function parseSpecification(body: unknown, { datasets, queries, memory }: Knowledge): Promise<Parsed> {
  const parsed = specificationSchema.safeParse(body);
  const faults: Fault[] = parsed.success ? [] : faultsOf(parsed.error, body);
  const record = isRecord(body) ? body : {};
  const dataset = typeof record['dataset'] === 'string' ? await datasets.find(record['dataset']) : undefined;
  if (dataset === undefined && typeof record['dataset'] === 'string' && record['dataset'] !== '') {
    const message = `there is no data set of that name, got ${shown(record['dataset'])}; GET /v1/datasets lists them`;
    faults.push({ path: 'dataset', message });
  }
  const { hyperparameters = defaultHyperparameters } = record;
  const given = isRecord(hyperparameters) ? hyperparameters : {};
  const readable = readableOf(given);
  const unread = Object.keys(spelledOut(given)).filter((name) => !Object.hasOwn(readable, name));
  const enqueue = readEnqueue(record['enqueue'], withLayerConditions(readable), unread);
  faults.push(
    ...conditionFaults(given, readable, isGrid(record)),
    ...hiddenUnitsFaults(given, readable),
    ...enqueue.faults,
  );
  if (dataset !== undefined) {
    faults.push(...objectiveFaults(record['objective'], dataset), ...lossFaults(readable['loss'], dataset));
  }
  if (!parsed.success || dataset === undefined || faults.length > 0) throw refused(faults);

  const settings = settingsIn(parsed.data);
  faults.push(...circleFaults(settings));
  if (faults.length > 0) throw refused(faults);
  const { warmStart } = parsed.data;
  const warm = warmStart && (await warmStarted(warmStart, settings, enqueue.points.length, queries));
  faults.push(...(warm?.faults ?? []));
  const specification = withDefaults(parsed.data, settings, [...enqueue.points, ...(warm?.points ?? [])], dataset);
  faults.push(
    ...rowFaults(specification, dataset),
    ...courseFaults(specification, body),
    ...memoryFaults(specification, dataset, memory),
  );
  if (faults.length === 0 && needsRows(specification.objective.metric)) {
    const rows = await datasets.load(dataset.name);
    if (rows !== undefined) faults.push(...undefinedMetricFaults(specification, rows));
  }
  if (faults.length > 0) throw refused(faults);
  const { size } = samplerOf(specification);
  if (Number.isFinite(size) && size > LARGEST_GRID) {
    throw refused([{ path: 'hyperparameters', message: `the grid has ${size} points, more than ${LARGEST_GRID}` }]);
  }
  // A stage of a grid ends with its points; how many those of a later one are is known when it begins.
  const trials =
    specification.stages.length > 0 ? specification.budget.trials : Math.min(specification.budget.trials, size);
  const decided = { ...specification, budget: { ...specification.budget, trials } };
  return { specification: decided, dataset, warnings: [...warningsOf(decided), ...(warm?.warnings ?? [])] };
}

/** Whether hyperparameters take the values of a grid alone: configurations of one's own may lie between its points. */
function isGrid({ sampler, enqueue = [] }: Record<string, unknown>): boolean {
  return (
    isRecord(sampler) &&
    sampler['type'] === 'grid' &&
    sampler['exact'] !== false &&
    Array.isArray(enqueue) &&
    enqueue.length === 0
  );
}

function refused(faults: readonly Fault[]): Problem {
  const [first] = faults;
  const detail =
    faults.length === 1 && first ? `${first.path}: ${first.message}` : `${faults.length} things do not fit`;
  return new Problem('invalidRequest', detail, faults);
}

/** The hyperparameters, each a value or a distribution; trials of the first stage have its epochs, so have the dry run and the estimate. */
function settingsIn({ hyperparameters, stages }: z.output<typeof specificationSchema>): Settings {
  const given = spelledOut(definedOf(hyperparameters ?? defaultHyperparameters));
  const [first] = stages;
  return withLayerConditions({ ...fallbacks, ...given, ...(first && { epochs: first.epochs }) });
}

function withDefaults(
  parsed: z.output<typeof specificationSchema>,
  hyperparameters: Settings,
  enqueue: readonly Point[],
  dataset: DatasetFacts,
): Specification {
  const byMetric: Partial<Record<Metric, Direction>> = metrics[dataset.task];
  const metric = parsed.objective.metric ?? (Object.keys(byMetric)[0] as Metric);
  const { stages, pruner } = parsed;
  const course = { hyperparameters, enqueue, sampler: parsed.sampler, pruner, stages };
  return {
    ...course,
    name: parsed.name ?? `${dataset.name}, ${parsed.sampler.type}`,
    dataset: dataset.name,
    validation: parsed.validation,
    objective: { metric, direction: parsed.objective.direction ?? byMetric[metric]! },
    budget: { ...parsed.budget, trials: parsed.budget.trials ?? defaultTrials(course) },
    limits: parsed.limits,
  };
}

function definedOf<T>(record: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, T] => entry[1] !== undefined));
}

function objectiveFaults(objective: unknown, dataset: DatasetFacts): Fault[] {
  const metric = isRecord(objective) ? objective['metric'] : undefined;
  const allowed = Object.keys(metrics[dataset.task]);
  const known = Object.values(metrics).some((table) => typeof metric === 'string' && metric in table);
  if (typeof metric !== 'string' || !known) return [];
  if (metric === 'validationRocAuc' && dataset.classes.length > 2) {
    const message = `validationRocAuc compares two classes, and ${dataset.name} has ${dataset.classes.length}`;
    return [{ path: 'objective.metric', message }];
  }
  if (allowed.includes(metric)) return [];
  const message = `must be one of ${allowed.join(', ')} for ${dataset.task} (${dataset.name}), got ${shown(metric)}`;
  return [{ path: 'objective.metric', message }];
}

/** A loss that decides between two classes needs two classes. Quantities ignore it, as adam ignores momentum. */
function lossFaults(loss: Value | Distribution | undefined, { name, task, classes }: DatasetFacts): Fault[] {
  if (task !== 'classification' || classes.length === 2) return [];
  const message = `binaryCrossEntropy decides between two classes, and ${name} has ${classes.length}`;
  if (loss === 'binaryCrossEntropy') return [{ path: 'hyperparameters.loss', message }];
  const choice =
    typeof loss === 'object' && loss.distribution === 'categorical' ? loss.choices.indexOf('binaryCrossEntropy') : -1;
  return choice < 0 ? [] : [{ path: `hyperparameters.loss.choices[${choice}]`, message }];
}

function rowFaults({ validation, stages }: Specification, { rows }: DatasetFacts): Fault[] {
  const ofStages = stages.flatMap((stage, i) =>
    stage.validation === undefined ? [] : validationFaults(stage.validation, rows, `stages[${i}].validation`),
  );
  return [...validationFaults(validation, rows, 'validation'), ...ofStages];
}

/** A space whose largest trial cannot be trained here is refused before anything is stored, with the numbers. */
function memoryFaults(specification: Specification, dataset: DatasetFacts, memory: TrialMemory): Fault[] {
  const { settings, bytes } = largestTrial(specification, dataset, memory);
  if (bytes <= memory.limitBytes) return [];
  const { hiddenUnits: units, batchSize, optimizer } = settings;
  const alike = new Set(units).size === 1 ? units[0] : units.join(', ');
  const layers = units.length === 0 ? 'no hidden layer' : `${units.length} hidden layers of ${alike} units`;
  const trial = `${layers} on ${dataset.features} features and ${dataset.rows} rows, ${optimizer}, batches of ${batchSize}`;
  const message = `the largest trial (${trial}) needs ${megabytes(bytes)} MB of memory, and the limit is ${megabytes(memory.limitBytes)} MB`;
  return [{ path: 'hyperparameters.hiddenUnits', message }];
}
