/** What of a specification depends on the rows of its data set: small data sets are read at once, large ones in a thread. */
import type { Baseline } from '../algorithms/evidence.ts';
import type { Dataset } from '../data/dataset.ts';
import { countFolds } from '../data/folds.ts';
import { baselinesOf } from '../domain/baselines.ts';
import type { Specification } from '../domain/specification/specification.ts';
import { undefinedMetricIssues } from '../domain/specification/undefined-metric.ts';
import type { ValidationIssue } from '../errors.ts';

/** Plain data that can be sent to a thread; the rows are in shared memory. */
export interface RowTask {
  readonly kind: 'undefinedMetric' | 'baselines';
  readonly specification: Specification;
  readonly dataset: Dataset;
}

export type RowAnswer =
  | { readonly kind: 'undefinedMetric'; readonly issues: readonly ValidationIssue[] }
  | { readonly kind: 'baselines'; readonly baselines: readonly (Baseline | null)[] };

export interface RowWork {
  /** Why the metric is undefined on rows of some fold. */
  undefinedMetric(specification: Specification, dataset: Dataset): Promise<readonly ValidationIssue[]>;
  /** One for each stage. */
  baselines(specification: Specification, dataset: Dataset): Promise<readonly (Baseline | null)[]>;
}

/** Rows times folds of all stages that take some milliseconds at most: starting a thread would take longer. */
const FEW_ROWS = 20_000;

/** Takes seconds for large data sets with many folds, so do not call it on the event loop. */
export function rowAnswerOf({ kind, specification, dataset }: RowTask): RowAnswer {
  return kind === 'baselines'
    ? { kind, baselines: baselinesOf(specification, dataset) }
    : { kind, issues: undefinedMetricIssues(specification, dataset) };
}

/** `inThread` executes tasks of many rows. */
export function createRowWork(inThread: (task: RowTask) => Promise<RowAnswer>): RowWork {
  const answer = async <Kind extends RowTask['kind']>(kind: Kind, specification: Specification, dataset: Dataset) => {
    const task = { kind, specification, dataset };
    const done = rowsRead(task) <= FEW_ROWS ? rowAnswerOf(task) : await inThread(task);
    if (done.kind !== kind) throw new Error(`asked for ${kind}, got ${done.kind}`);
    return done as Extract<RowAnswer, { readonly kind: Kind }>;
  };
  return {
    undefinedMetric: async (specification, dataset) => (await answer('undefinedMetric', specification, dataset)).issues,
    baselines: async (specification, dataset) => (await answer('baselines', specification, dataset)).baselines,
  };
}

function rowsRead({ specification: { validation, stages }, dataset }: RowTask): number {
  const folds = [validation, ...stages.flatMap((stage) => stage.validation ?? [])].map(countFolds);
  return dataset.rows * (Math.max(1, stages.length) + folds.reduce((sum, count) => sum + count, 0));
}
