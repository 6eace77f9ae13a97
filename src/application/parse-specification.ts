/** Parses and validates the specification in a request and fills in defaults. */
import { setImmediate } from 'node:timers/promises';
import type { z } from 'zod';
import type { Direction } from '../algorithms/objective.ts';
import { MAX_GRID } from '../algorithms/samplers/grid/grid.ts';
import type { Distribution, Point, Value } from '../algorithms/space/space.ts';
import { megabytes } from '../compute/trial.ts';
import type { Dataset } from '../data/dataset.ts';
import { DEFAULT_PROJECT } from '../domain/project.ts';
import { circularConditionIssues, conditionIssues } from '../domain/specification/conditions.ts';
import { confirmIssues } from '../domain/specification/confirm-settings.ts';
import { consistencyIssues, defaultTrials } from '../domain/specification/consistency.ts';
import { configurationsIn, enqueueReader } from '../domain/specification/enqueue.ts';
import { hiddenUnitsIssues, spelledOut, withLayerConditions } from '../domain/specification/hidden-units.ts';
import {
  defaultHyperparameters,
  fallbacks,
  hyperparameterNames,
  readableOf,
} from '../domain/specification/hyperparameters.ts';
import { largestTrial, type TrialMemory } from '../domain/specification/largest-trial.ts';
import { metrics } from '../domain/specification/objectives.ts';
import type { Settings } from '../domain/specification/settings.ts';
import {
  type DatasetFacts,
  type Metric,
  type Specification,
  samplerOf,
  specificationSchema,
  trainedObjective,
} from '../domain/specification/specification.ts';
import { needsRows } from '../domain/specification/undefined-metric.ts';
import { foldIssues, testRowIssues } from '../domain/specification/validation.ts';
import { isRecord, issuesOf, MAX_ISSUES, shown } from '../domain/specification/validation-issues.ts';
import { type Warning, warningsOf } from '../domain/specification/warnings.ts';
import { Problem, type ValidationIssue } from '../errors.ts';
import { inTurns } from './in-turns.ts';
import type { SearchQueries } from './ports/search-queries.ts';
import type { RowWork } from './row-work.ts';
import { warmStarted } from './warm-start.ts';

/** Access to data sets; rows are loaded only if the facts are not enough. */
export interface Datasets {
  find(name: string): Promise<DatasetFacts | undefined>;
  load(name: string): Promise<Dataset | undefined>;
}

/** What validating a specification depends on. */
export interface SpecificationContext {
  readonly datasets: Datasets;
  readonly queries: Pick<SearchQueries, 'find' | 'best'>;
  readonly memory: TrialMemory;
  readonly rowWork: RowWork;
}

const knownKeys = { '': Object.keys(specificationSchema.shape), hyperparameters: hyperparameterNames };

/** A valid specification with its data set and warnings. */
export interface Parsed {
  readonly specification: Specification;
  /** It belongs to. */
  readonly project: string;
  readonly dataset: DatasetFacts;
  readonly warnings: readonly Warning[];
}

/**
 * The specification in `body` with defaults filled in, or a Problem that lists all issues.
 *
 * The schema and the relations between fields are both checked completely, so that a mistyped bound does not hide an unknown data set.
 */
export async function parseSpecification(
  body: unknown,
  { datasets, queries, memory, rowWork }: SpecificationContext,
): Promise<Parsed> {
  // Each part takes tens of milliseconds for the largest bodies: other requests have their turn.
  await setImmediate();
  const parsed = specificationSchema.safeParse(body);
  const issues: ValidationIssue[] = parsed.success ? [] : issuesOf(parsed.error, body, knownKeys);
  const record = isRecord(body) ? body : {};
  const dataset = typeof record['dataset'] === 'string' ? await datasets.find(record['dataset']) : undefined;
  if (dataset === undefined && typeof record['dataset'] === 'string' && record['dataset'] !== '') {
    const message = `there is no data set with that name, got ${shown(record['dataset'])}; GET /v1/datasets lists them`;
    issues.push({ path: 'dataset', message });
  }
  await setImmediate();
  const { hyperparameters = defaultHyperparameters } = record;
  const given = isRecord(hyperparameters) ? hyperparameters : {};
  const readable = readableOf(given);
  const unread = Object.keys(spelledOut(given)).filter((name) => !Object.hasOwn(readable, name));
  const read = enqueueReader(withLayerConditions(readable), unread);
  const enqueued = await inTurns(configurationsIn(record['enqueue']), read);
  await setImmediate();
  issues.push(
    ...conditionIssues(given, readable, isGrid(record)),
    ...hiddenUnitsIssues(given, readable),
    ...enqueued.flatMap((one) => one.issues).slice(0, MAX_ISSUES),
  );
  if (dataset !== undefined) {
    issues.push(...objectiveIssues(record['objective'], dataset), ...lossIssues(readable['loss'], dataset));
  }
  if (!parsed.success || dataset === undefined || issues.length > 0) throw refused(issues);

  const settings = settingsIn(parsed.data);
  issues.push(...circularConditionIssues(settings));
  if (issues.length > 0) throw refused(issues);
  await setImmediate();
  const { warmStart } = parsed.data;
  const warm = warmStart && (await warmStarted(warmStart, settings, enqueued.length, queries));
  issues.push(...(warm?.issues ?? []));
  const specification = withDefaults(
    parsed.data,
    settings,
    [...enqueued.map(({ point }) => point), ...(warm?.points ?? [])],
    dataset,
  );
  issues.push(
    ...testRowIssues(specification.validation, specification.stages),
    ...rowIssues(specification, dataset),
    ...consistencyIssues(specification, body),
    ...confirmIssues(specification),
    ...memoryIssues(specification, dataset, memory),
  );
  if (issues.length === 0 && needsRows(trainedObjective(specification).metric)) {
    const rows = await datasets.load(dataset.name);
    if (rows !== undefined) issues.push(...(await rowWork.undefinedMetric(specification, rows)));
  }
  if (issues.length > 0) throw refused(issues);
  const { size } = samplerOf(specification);
  if (Number.isFinite(size) && size > MAX_GRID) {
    throw refused([{ path: 'hyperparameters', message: `the grid has ${size} points, more than ${MAX_GRID}` }]);
  }
  // A grid stage ends with its points; the number of points of a later stage is only known when it starts.
  const trials =
    specification.stages.length > 0 ? specification.budget.trials : Math.min(specification.budget.trials, size);
  const decided = { ...specification, budget: { ...specification.budget, trials } };
  const unconfirmed = confirmIssues(decided);
  if (unconfirmed.length > 0) throw refused(unconfirmed);
  const { project = DEFAULT_PROJECT } = parsed.data;
  return { specification: decided, project, dataset, warnings: [...warningsOf(decided), ...(warm?.warnings ?? [])] };
}

/** Whether hyperparameters can only take grid values; enqueued configurations may lie between grid points. */
function isGrid({ sampler, enqueue = [] }: Record<string, unknown>): boolean {
  return (
    isRecord(sampler) &&
    sampler['type'] === 'grid' &&
    sampler['exact'] !== false &&
    Array.isArray(enqueue) &&
    enqueue.length === 0
  );
}

function refused(issues: readonly ValidationIssue[]): Problem {
  const [first] = issues;
  const detail =
    issues.length === 1 && first ? `${first.path}: ${first.message}` : `${issues.length} fields are invalid`;
  return new Problem('invalidRequest', detail, issues);
}

/** All hyperparameters with defaults. `epochs` is that of the first stage, also for dry runs and estimates. */
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
  const { pruner, validation } = parsed;
  // Test rows are those of the whole search.
  const stages = parsed.stages.map((stage) =>
    stage.validation === undefined || validation.test === undefined
      ? stage
      : { ...stage, validation: { test: validation.test, ...stage.validation } },
  );
  const base = { hyperparameters, enqueue, sampler: parsed.sampler, pruner, stages };
  return {
    ...base,
    name: parsed.name ?? `${dataset.name}, ${parsed.sampler.type}`,
    dataset: dataset.name,
    validation,
    objective: { metric, direction: parsed.objective.direction ?? byMetric[metric]! },
    budget: { ...parsed.budget, trials: parsed.budget.trials ?? defaultTrials(base) },
    ...(parsed.confirm && { confirm: parsed.confirm }),
    limits: parsed.limits,
    ...(parsed.share !== undefined && { share: parsed.share }),
  };
}

function definedOf<T>(record: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, T] => entry[1] !== undefined));
}

function objectiveIssues(objective: unknown, dataset: DatasetFacts): ValidationIssue[] {
  const metric = isRecord(objective) ? objective['metric'] : undefined;
  const allowed = Object.keys(metrics[dataset.task]);
  const known = Object.values(metrics).some((table) => typeof metric === 'string' && metric in table);
  if (typeof metric !== 'string' || !known) return [];
  if (metric === 'validationRocAuc' && dataset.classes.length > 2) {
    const message = `validationRocAuc needs two classes, but ${dataset.name} has ${dataset.classes.length}`;
    return [{ path: 'objective.metric', message }];
  }
  if (allowed.includes(metric)) return [];
  const message = `must be one of ${allowed.join(', ')} for ${dataset.task} (${dataset.name}), got ${shown(metric)}`;
  return [{ path: 'objective.metric', message }];
}

/** binaryCrossEntropy needs two classes. Regression ignores `loss`, like adam ignores momentum. */
function lossIssues(loss: Value | Distribution | undefined, { name, task, classes }: DatasetFacts): ValidationIssue[] {
  if (task !== 'classification' || classes.length === 2) return [];
  const message = `binaryCrossEntropy needs two classes, but ${name} has ${classes.length}`;
  if (loss === 'binaryCrossEntropy') return [{ path: 'hyperparameters.loss', message }];
  const choice =
    typeof loss === 'object' && loss.distribution === 'categorical' ? loss.choices.indexOf('binaryCrossEntropy') : -1;
  return choice < 0 ? [] : [{ path: `hyperparameters.loss.choices[${choice}]`, message }];
}

function rowIssues({ validation, stages }: Specification, { rows }: DatasetFacts): ValidationIssue[] {
  const ofStages = stages.flatMap((stage, i) =>
    stage.validation === undefined ? [] : foldIssues(stage.validation, rows, `stages[${i}].validation`),
  );
  return [...foldIssues(validation, rows, 'validation'), ...ofStages];
}

/** Refuses a space whose largest trial exceeds the memory limit. */
function memoryIssues(specification: Specification, dataset: DatasetFacts, memory: TrialMemory): ValidationIssue[] {
  const { settings, bytes } = largestTrial(specification, dataset, memory);
  if (bytes <= memory.limitBytes) return [];
  const { hiddenUnits: units, batchSize, optimizer } = settings;
  const alike = new Set(units).size === 1 ? units[0] : units.join(', ');
  const layers =
    units.length === 0
      ? 'no hidden layer'
      : `${units.length} ${units.length === 1 ? 'hidden layer' : 'hidden layers'} of ${alike} units`;
  const trial = `${layers} on ${dataset.features} ${dataset.features === 1 ? 'feature' : 'features'} and ${dataset.rows} ${dataset.rows === 1 ? 'row' : 'rows'}, ${optimizer}, batches of ${batchSize}`;
  const message = `the largest trial (${trial}) needs ${megabytes(bytes)} MB of memory, but the limit is ${megabytes(memory.limitBytes)} MB`;
  return [{ path: 'hyperparameters.hiddenUnits', message }];
}
