/** Makes waiting models in a worker: claims one, computes its trial again, checks its hash, and writes the model. */
import type { KernelsFamily } from '../../compute/kernels-names.ts';
import { type ModelMaker, type ModelTask, NoModel, type TrainedModel } from '../../compute/train-model.ts';
import { MemoryLimitExceeded, TimeLimitExceeded } from '../../compute/trial.ts';
import type { ModelClaim, ModelFacts } from '../../domain/model-record.ts';
import { HopelessTrial, trialTask } from '../../domain/trial-task.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Model } from '../../models/model.ts';
import type { DatasetStore, ModelStore, PubSub, SearchQueries } from '../ports.ts';

export interface ModelWorkDependencies {
  readonly models: ModelStore;
  readonly queries: Pick<SearchQueries, 'find' | 'trial'>;
  readonly datasets: Pick<DatasetStore, 'load' | 'inputs'>;
  readonly pubSub: Pick<PubSub, 'publishProgress'>;
  readonly core: ModelMaker;
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
  return {
    make: async (id) => {
      if (stopping) return;
      const claim = await models.claim(id, { worker, leaseSeconds });
      if (claim === undefined) return;
      const abort = new AbortController();
      const made = makeClaimed(dependencies, claim, abort).finally(() => running.delete(abort));
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
    const { model } = await train(dependencies, claim, abort.signal);
    await models.finish(claim, { facts: factsOf(model), document: new TextEncoder().encode(JSON.stringify(model)) });
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

async function train(
  dependencies: ModelWorkDependencies,
  { id, origin }: ModelClaim,
  signal: AbortSignal,
): Promise<TrainedModel> {
  const { core, pubSub } = dependencies;
  const { model, limitSeconds } = await taskOf(dependencies, origin);
  const epochs = origin.refit?.epochs ?? model.task.settings.epochs;
  const made = await core.makeModel(model, origin.kernels as KernelsFamily, {
    signal,
    limitSeconds,
    onEpochs: (updates) => {
      const { fold, epoch } = updates.at(-1)!;
      pubSub.publishProgress(id, { fold, epoch, epochs });
    },
  });
  const { result } = made;
  if (result !== undefined && result.resultHash !== origin.resultHash) {
    throw new NoModel(
      `computing trial ${origin.trial} again gave other bits: its hash is ${origin.resultHash}, now it was ${result.resultHash}`,
    );
  }
  return made;
}

async function taskOf(
  { queries, datasets }: ModelWorkDependencies,
  { searchId, trial: number, dataset: wanted, refit }: ModelClaim['origin'],
): Promise<{ readonly model: ModelTask; readonly limitSeconds: number }> {
  const search = await queries.find(searchId);
  const trial = search && (await queries.trial(search, number));
  if (search === undefined || trial === undefined)
    throw new NoModel('the search was deleted before the model was made');
  const [dataset, inputs] = await Promise.all([
    datasets.load(wanted.name, wanted.hash),
    datasets.inputs(wanted.name, wanted.hash),
  ]);
  if (dataset === undefined || inputs === undefined) throw new NoModel(`there is no data set ${wanted.name} any more`);
  const task = trialTask(search, { number, point: trial.hyperparameters }, dataset);
  return {
    model: { task, ...inputs, refit: refit ?? undefined },
    limitSeconds: search.specification.limits.trialSeconds,
  };
}

function factsOf({ task, target, classes, columns, members }: Model): ModelFacts {
  const layers = members.flatMap((member) => member.layers);
  const parameters = layers.reduce(
    (sum, { inputs, columns: units, bias, norm }) =>
      sum + inputs * units + (bias === null ? 0 : units) + (norm === null ? 0 : 2 * units),
    0,
  );
  return { task, target, classes, columns, members: members.length, parameters };
}
