/** What pruners and early stopping would have saved and lost in a search. */
import type { WhatIf } from '../contract/what-if.ts';
import { countFolds } from '../data/folds.ts';
import type { Search } from '../domain/search.ts';
import { settingsOf } from '../domain/specification/hyperparameters.ts';
import type { Settings } from '../domain/specification/settings.ts';
import type { Specification } from '../domain/specification/specification.ts';
import { type Stage, stagesOf } from '../domain/stages.ts';
import { type Replays, replayRules } from '../domain/what-if/what-if.ts';
import type { SearchQueries, StoredObjective } from './ports/search-queries.ts';
import { rememberedWhile } from './remember.ts';

/** More complete trials are thinned out. */
const MAX_TRIALS = 1000;
/** More numbers in the curves, epochs times folds of all trials, are thinned out too. */
const MAX_NUMBERS = 1_000_000;

/** The input of the computation: plain data that can be sent to a thread. */
export interface WhatIfTask {
  readonly objective: Specification['objective'];
  readonly trials: readonly (StoredObjective & { readonly budget: number; readonly patience: number })[];
}

export interface WhatIfDependencies {
  readonly queries: Pick<SearchQueries, 'find' | 'countStates' | 'objectives'>;
  /** Computes it off the event loop. */
  readonly whatIf: (task: WhatIfTask) => Promise<Replays>;
}

export function createWhatIf(dependencies: WhatIfDependencies): (id: string) => Promise<WhatIf> {
  return rememberedWhile(
    dependencies.queries,
    ({ trials: { complete, pruned, failed, cancelled } }) => complete + pruned + failed + cancelled,
    (search) => whatIfOf(dependencies, search),
  );
}

async function whatIfOf({ queries, whatIf }: WhatIfDependencies, search: Search): Promise<WhatIf> {
  const stage = stagesOf(search)[search.best?.stage ?? 0] ?? stagesOf(search).at(-1)!;
  const counts = Object.entries(await queries.countStates(search, stage.index));
  const count = (wanted: (state: string) => boolean) =>
    counts.reduce((sum, [state, trials = 0]) => (wanted(state) ? sum + trials : sum), 0);
  const complete = count((state) => state === 'complete');
  const most = mostTrials(stage);
  const stored = await queries.objectives(search, stage.index, most);
  const trials = stored.map((trial) => {
    // What another tool would have trained is not known: what it reported is all there is.
    if (search.specification.observed) return { ...trial, budget: trial.epochs, patience: 0 };
    const { epochs: budget, patience } = settingsOf(stage.hyperparameters, trial.point);
    return { ...trial, budget, patience };
  });
  const replays = await whatIf({ objective: search.specification.objective, trials });
  return {
    stage: stage.index,
    trials: {
      replayed: trials.length,
      // Fewer than there could be: the others have no curves any more.
      thinned: trials.length < most ? 0 : Math.max(0, complete - most),
      removed: trials.length < most ? Math.max(0, complete - trials.length) : 0,
      pruned: count((state) => state === 'pruned'),
      failed: count((state) => state === 'failed' || state === 'cancelled'),
      open: count((state) => state === 'waiting' || state === 'running' || state === 'paused'),
    },
    ...replays,
  };
}

/** How many trials are replayed at most. */
function mostTrials({ hyperparameters, validation }: Stage): number {
  return Math.max(
    1,
    Math.min(MAX_TRIALS, Math.floor(MAX_NUMBERS / (mostEpochs(hyperparameters) * countFolds(validation)))),
  );
}

function mostEpochs(hyperparameters: Settings): number {
  const { epochs } = hyperparameters;
  if (typeof epochs !== 'object') return settingsOf(hyperparameters, {}).epochs;
  return epochs.distribution === 'categorical' ? Math.max(...epochs.choices.map(Number)) : epochs.high;
}

/** Takes seconds for a thousand trials, so do not call it on the event loop. */
export function computeWhatIf({ objective, trials }: WhatIfTask): Replays {
  const curves = trials.map((trial) => ({ ...trial, folds: JSON.parse(trial.folds) as (number | null)[][] }));
  return replayRules(curves, objective);
}
