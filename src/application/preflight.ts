/** The pre-flight check of a search: networks are grouped into families, and one network of each is checked. */
import { LRUCache } from 'lru-cache';
import type { Preflight as NetworkPreflight } from '../compute/preflight.ts';
import type { TrialSettings, TrialTask } from '../compute/trial.ts';
import type { Preflight } from '../contract/analysis.ts';
import type { Dataset } from '../data/dataset.ts';
import { refuseObserved } from '../domain/specification/observed.ts';
import { type Specification, samplerOf } from '../domain/specification/specification.ts';
import { firstStageOf } from '../domain/stages.ts';
import { trialTask } from '../domain/trial-task.ts';
import { Problem } from '../errors.ts';
import { findSearch } from './find-search.ts';
import { parseSpecification, type SpecificationContext } from './parse-specification.ts';
import type { DatasetStore } from './ports/dataset-store.ts';
import type { SearchQueries } from './ports/search-queries.ts';

/** How many points of the space are grouped into families. */
const POINTS = 200;
const MAX_FAMILIES = 24;

/** Networks that behave alike before training, with one representative. */
export interface Family {
  readonly task: TrialTask;
  /** The first trial with such a network. */
  readonly example: number;
  /** How many of the points belong to it. */
  readonly points: number;
}

export interface PreflightTask {
  readonly families: readonly Family[];
  readonly leftOut: number;
}

/** Widths within a factor of four are grouped. */
function widthOf(units: readonly number[]): number {
  return Math.floor(Math.log2(Math.max(1, ...units)) / 2);
}

function keyOf({
  preprocessing,
  activation,
  initializer,
  batchNorm,
  loss,
  hiddenUnits,
  ...others
}: TrialSettings): string {
  const deviation = initializer === 'smallNormal' ? Math.round(Math.log10(others.smallNormalDeviation)) : 0;
  const shape = [hiddenUnits.length, widthOf(hiddenUnits)];
  return JSON.stringify([preprocessing, activation, initializer, deviation, batchNorm, loss, ...shape]);
}

/**
 * Groups the first points of the sampler into families; for samplers that learn, points of random search are used. Depends only on the
 * specification (invariant 6).
 */
function preflightTask(specification: Specification, dataset: Dataset): PreflightTask {
  const stage = firstStageOf(specification);
  const search = {
    specification,
    stages: specification.stages.length === 0 ? [] : [stage],
    dataset,
    trials: { total: specification.budget.trials },
  };
  const own = samplerOf(specification, stage);
  const count = Math.min(POINTS, stage.to, own.size);
  const learns = own.learnsFrom(count - 1) > 0;
  const { propose } = learns
    ? samplerOf({ ...specification, sampler: { type: 'random', seed: specification.sampler.seed } }, stage)
    : own;
  const families = new Map<string, Family>();
  for (let number = 0; number < count; number++) {
    const task = trialTask(search, { number, point: propose(number, []) }, dataset);
    const key = keyOf(task.settings);
    const known = families.get(key);
    families.set(
      key,
      known === undefined ? { task, example: number, points: 1 } : { ...known, points: known.points + 1 },
    );
  }
  const all = [...families.values()].sort((a, b) => b.points - a.points || a.example - b.example);
  return { families: all.slice(0, MAX_FAMILIES), leftOut: Math.max(0, all.length - MAX_FAMILIES) };
}

/** Results are cached: the pre-flight check of a search depends only on its specification. */
const MAX_CACHED = 100;

export interface PreflightDependencies extends SpecificationContext {
  readonly queries: Pick<SearchQueries, 'find' | 'best'>;
  readonly datasets: Pick<DatasetStore, 'find' | 'load'>;
  /** Checks the networks off the event loop. */
  readonly preflight: (task: PreflightTask) => Promise<Preflight>;
}

/** Checks the networks of a search or of a specification before training. */
export function createPreflight(dependencies: PreflightDependencies): {
  ofSearch(id: string): Promise<Preflight>;
  ofSpecification(body: unknown): Promise<Preflight>;
} {
  const { queries, datasets, preflight } = dependencies;
  const kept = new LRUCache<string, Promise<Preflight>>({ max: MAX_CACHED });
  const run = async (specification: Specification, hash?: string): Promise<Preflight> => {
    const dataset = await datasets.load(specification.dataset, hash);
    if (dataset === undefined) throw new Problem('notFound', `there is no data set ${specification.dataset}`);
    return preflight(preflightTask(specification, dataset));
  };
  return {
    ofSearch: async (id) => {
      const search = await findSearch({ queries }, id);
      refuseObserved(search.specification, 'checked');
      const answer = kept.get(id) ?? run(search.specification, search.dataset.hash);
      answer.catch(() => kept.delete(id));
      kept.set(id, answer);
      return answer;
    },
    ofSpecification: async (body) => run((await parseSpecification(body, dependencies)).specification),
  };
}

/** Runs the checks; `check` checks one network. */
export function preflightOf(
  { families, leftOut }: PreflightTask,
  check: (task: TrialTask) => NetworkPreflight,
): Preflight {
  return {
    families: families.map(({ task, example, points }) => {
      const { preprocessing, activation, initializer, batchNorm, loss, hiddenUnits } = task.settings;
      const settings = { preprocessing, activation, initializer, batchNorm, loss, hiddenUnits };
      return { settings, example, points, ...check(task) };
    }),
    leftOut,
  };
}
