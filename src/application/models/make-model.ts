/** Makes waiting models in a worker: claims one, computes its trial again, checks its hash, and writes the model. */

import type { ModelExplainer } from '../../compute/explain-model.ts';
import type { KernelsFamily } from '../../compute/kernels-names.ts';
import { type ModelMaker, NoModel, type TrainedModel } from '../../compute/train-model.ts';
import { MemoryLimitExceeded, TimeLimitExceeded, type TrialTask } from '../../compute/trial.ts';
import { scoredMetrics } from '../../compute/trial-options.ts';
import type { Dataset } from '../../data/dataset.ts';
import { countFolds } from '../../data/folds.ts';
import type { ModelClaim, ModelFacts, ModelOrigin } from '../../domain/model-record.ts';
import type { Search } from '../../domain/search.ts';
import { trainedObjective } from '../../domain/specification/specification.ts';
import { HopelessTrial, trialTask } from '../../domain/trial-task.ts';
import { messageOf } from '../../errors.ts';
import { type Log, logAbout } from '../../log.ts';
import { ensembleModel } from '../../models/ensemble-model.ts';
import type { Model } from '../../models/model.ts';
import { type EnsembleChoice, selectEnsemble } from '../../models/select-ensemble.ts';
import type { DatasetInputs, DatasetStore } from '../ports/dataset-store.ts';
import type { PubSub } from '../ports/messages.ts';
import type { ModelStore } from '../ports/model-store.ts';
import type { SearchQueries } from '../ports/search-queries.ts';
import { importanceFacts, testFacts, trueValues, validationFacts } from './evaluation-facts.ts';

export interface ModelWorkDependencies {
  readonly models: ModelStore;
  readonly queries: Pick<SearchQueries, 'find' | 'trial'>;
  readonly datasets: Pick<DatasetStore, 'load' | 'inputs'>;
  readonly pubSub: Pick<PubSub, 'publishProgress'>;
  readonly core: ModelMaker & ModelExplainer;
  readonly log: Log;
  /** Name of this process in records. */
  readonly worker: string;
  readonly leaseSeconds: number;
}

export interface ModelWork {
  /** Makes the model if it is waiting. Never rejects for what is wrong with the model. */
  make(id: string): Promise<void>;
  /** Aborts what is being made and releases it for other processes. */
  stop(): Promise<void>;
}

/** The claim is no longer current, or the model was deleted: nothing may be written. */
class ClaimLost extends Error {}
class ShuttingDown extends Error {}
const hopeless = [NoModel, HopelessTrial, TimeLimitExceeded, MemoryLimitExceeded];

export function createModelWork(dependencies: ModelWorkDependencies): ModelWork {
  const { models, worker, leaseSeconds } = dependencies;
  const running = new Map<AbortController, Promise<void>>();
  let stopping = false;
  const make = async (id: string, abort: AbortController): Promise<void> => {
    const claim = await models.claim(id, { worker, leaseSeconds });
    if (claim !== undefined) await logAbout({ modelId: id }, () => makeClaimed(dependencies, claim, abort));
  };
  return {
    make: async (id) => {
      if (stopping) return;
      const abort = new AbortController();
      const made = make(id, abort).finally(() => running.delete(abort));
      running.set(abort, made);
      await made;
    },
    stop: async () => {
      stopping = true;
      for (const abort of running.keys()) abort.abort(new ShuttingDown());
      await Promise.allSettled(running.values());
    },
  };
}

async function makeClaimed(
  dependencies: ModelWorkDependencies,
  claim: ModelClaim,
  abort: AbortController,
): Promise<void> {
  const { models, leaseSeconds, log, worker } = dependencies;
  const renew = async () => {
    try {
      if (!(await models.renew(claim, leaseSeconds))) abort.abort(new ClaimLost());
    } catch (error) {
      log.error(`the lease of model ${claim.id} was not renewed: ${messageOf(error)}`);
    }
  };
  const timer = setInterval(() => void renew(), Math.min(1000, (leaseSeconds * 1000) / 3));
  try {
    const { model, ...how } = await modelOf(dependencies, claim, abort.signal);
    const facts = { ...factsOf(model), ...how };
    await models.finish(claim, { facts, document: new TextEncoder().encode(JSON.stringify(model)) });
  } catch (error) {
    if (error instanceof ClaimLost) return;
    if (error instanceof ShuttingDown) return await models.release(claim);
    if (hopeless.some((kind) => error instanceof kind)) return await models.fail(claim, messageOf(error));
    log.warn(`model ${claim.id} could not be made: ${messageOf(error)}`);
    await models.release(claim, `worker ${worker}: ${messageOf(error)}`);
  } finally {
    clearInterval(timer);
  }
}

type MadeModel = { readonly model: Model } & Pick<ModelFacts, Evaluated>;
type Evaluated = 'ensemble' | 'test' | 'validation' | 'importance';

/** The model of the claim, how an ensemble was chosen, and how good it is on test rows. */
async function modelOf(
  dependencies: ModelWorkDependencies,
  { id, origin }: ModelClaim,
  signal: AbortSignal,
): Promise<MadeModel> {
  const source = await sourceOf(dependencies, origin);
  const { trial, resultHash, ensemble } = origin;
  const trials = ensemble ?? [{ trial, resultHash }];
  const done = trials.map(() => 0);
  // If one fails, the others are not trained to their end.
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const made = await Promise.all(
    trials.map(async (one, i) => {
      try {
        return await trained(dependencies, source, origin, one, either, (share) => {
          done[i] = share;
          dependencies.pubSub.publishProgress(id, done.reduce((sum, each) => sum + each, 0) / done.length);
        });
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }),
  );
  const { parts, ...joined } = ensemble === null ? alone(made[0]!) : joinEnsemble(source, trials, made);
  const { specification } = source.search;
  const { limits } = specification;
  // An ensemble is made of trials with the same folds.
  const { validation, seed, split } = parts[0]!.made.task;
  const test = await testFacts(specification, source.dataset, parts);
  const metric = scoredMetrics[trainedObjective(specification).metric];
  const { outOfFold, importance } = await dependencies.core.explainModel(
    {
      model: joined.model,
      dataset: source.dataset,
      ...{ validation, seed, split },
      metric,
      direction: specification.objective.direction,
    },
    { signal, limitSeconds: limits.trialSeconds },
  );
  signal.throwIfAborted();
  return {
    ...joined,
    test,
    validation: validationFacts(source.dataset, outOfFold, joined.model),
    importance: importanceFacts(importance),
  };
}

interface Retrained extends TrainedModel {
  readonly task: TrialTask;
}

/** A model before its evaluation. */
interface Joined extends Pick<MadeModel, 'model' | 'ensemble'> {
  /** The trained models that it consists of; the weights sum to 1. */
  readonly parts: readonly { readonly made: Retrained; readonly weight: number }[];
}

function alone(made: Retrained): Joined {
  return { model: made.model, ensemble: null, parts: [{ made, weight: 1 }] };
}

interface Source {
  readonly search: Search;
  readonly dataset: Dataset;
  readonly inputs: DatasetInputs;
}

async function sourceOf(
  { queries, datasets }: ModelWorkDependencies,
  { searchId, dataset: { name, hash } }: ModelOrigin,
): Promise<Source> {
  const search = await queries.find(searchId);
  if (search === undefined) throw new NoModel('the search was deleted before the model was made');
  const [dataset, inputs] = await Promise.all([datasets.load(name, hash), datasets.inputs(name, hash)]);
  if (dataset === undefined || inputs === undefined) throw new NoModel(`there is no data set ${name} any more`);
  return { search, dataset, inputs };
}

/** A trial, computed again. Throws `NoModel` if its bits are others than those that are stored. */
async function trained(
  { core, queries }: ModelWorkDependencies,
  { search, dataset, inputs }: Source,
  { kernels: ofBest, refit, ensemble }: ModelOrigin,
  { trial: number, resultHash }: { readonly trial: number; readonly resultHash: string },
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Retrained> {
  const trial = await queries.trial(search, number);
  if (trial === undefined) throw new NoModel('the search was deleted before the model was made');
  const task = trialTask(search, { ...trial, point: trial.hyperparameters }, dataset);
  const folds = refit === null ? countFolds(task.validation) : 1;
  const epochs = refit?.epochs ?? task.settings.epochs;
  const made = await core.makeModel(
    { task, ...inputs, refit: refit ?? undefined, predictsOutOfFold: ensemble !== null },
    // Candidates of an ensemble may have been trained by others than the best one.
    (trial.kernels ?? ofBest) as KernelsFamily,
    {
      signal,
      limitSeconds: search.specification.limits.trialSeconds,
      onEpochs: (updates) => {
        const { fold, epoch } = updates.at(-1)!;
        onProgress(((refit === null ? fold : 0) * epochs + epoch) / (folds * epochs));
      },
    },
  );
  if (made.result === undefined || made.result.resultHash === resultHash) return { ...made, task };
  throw new NoModel(
    `computing trial ${number} again gave other bits: its hash is ${resultHash}, now it was ${made.result.resultHash}`,
  );
}

/** Selects among trials that have the same validation rows. */
function joinEnsemble(
  { search, dataset }: Source,
  trials: readonly { readonly trial: number }[],
  made: readonly Retrained[],
): Joined {
  const { rows } = made[0]!.outOfFold!;
  const { metric } = trainedObjective(search.specification);
  const choice = selectEnsemble(
    made.map(({ outOfFold }) => outOfFold!.predictions),
    trueValues(dataset, rows),
    { size: 2 * trials.length, metric: scoredMetrics[metric], seed: search.specification.sampler.seed, rows },
  );
  const { members, chosenOn, judgedOn } = choice;
  const parts = members.map(({ candidate, weight }) => ({ made: made[candidate]!, weight }));
  // A regression is chosen by its error in units of the target, but the loss of a trial is squared and of the standardized target.
  const isLoss = metric === 'validationLoss' && dataset.task === 'regression';
  const inMetric = (score: number | null) =>
    isLoss && score !== null ? (score / meanScale(made[0]!.model)) ** 2 : score;
  const scored = ({ rows: own, ensemble, single }: EnsembleChoice['chosenOn' | 'judgedOn']) => ({
    rows: own.length,
    ensemble: inMetric(ensemble),
    single: inMetric(single),
  });
  return {
    parts,
    model: ensembleModel(parts.map(({ made: { model }, weight }) => ({ model, weight }))),
    ensemble: {
      trials: members.map(({ candidate, weight }) => ({ trial: trials[candidate]!.trial, weight })),
      chosenOn: scored(chosenOn),
      judgedOn: scored(judgedOn),
    },
  };
}

/** The root mean square over folds of the scales of their targets. */
function meanScale({ members }: Model): number {
  return Math.sqrt(members.reduce((sum, { target: { scale } }) => sum + scale ** 2, 0) / members.length);
}

function factsOf({ task, target, classes, columns, members }: Model): Omit<ModelFacts, Evaluated> {
  const layers = members.flatMap((member) => member.layers);
  const parameters = layers.reduce(
    (sum, { inputs, columns: units, bias, norm }) =>
      sum + inputs * units + (bias === null ? 0 : units) + (norm === null ? 0 : 2 * units),
    0,
  );
  return { task, target, classes, columns, members: members.length, parameters };
}
