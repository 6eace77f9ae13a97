/** Validates that the stages, the pruner and the budget of a search fit together, and computes the default number of trials. */
import { countFolds } from '../../data/folds.ts';
import type { ValidationIssue } from '../../errors.ts';
import { cycleOf } from '../brackets.ts';
import { hasBarriers } from '../pruner-rules.ts';
import { MAX_BUDGET } from './budget.ts';
import type { Specification } from './specification.ts';
import { isRecord } from './validation-issues.ts';

const DEFAULT_TRIALS = 50;

/** Epochs of all folds of a trial: its curves are kept in memory, and stored in one row. */
const MAX_FOLD_EPOCHS = 50_000;

type SearchSettings = Pick<Specification, 'hyperparameters' | 'pruner' | 'stages' | 'sampler' | 'enqueue'>;

/** The epochs of the trials of each stage; undefined if they vary. */
function epochsOf({ stages, hyperparameters }: SearchSettings): (number | undefined)[] {
  if (stages.length > 0) return stages.map(({ epochs }) => epochs);
  const { epochs } = hyperparameters;
  return [typeof epochs === 'number' ? epochs : undefined];
}

/** The default of `budget.trials`: all stages, the whole grid, or 50 rounded up to whole cycles of brackets. */
export function defaultTrials(settings: SearchSettings): number {
  const { stages, pruner, sampler, enqueue } = settings;
  if (stages.length > 0) return stages.reduce((sum, { trials }) => sum + trials, 0);
  if (sampler.type === 'grid') return MAX_BUDGET;
  const trials = Math.max(DEFAULT_TRIALS, enqueue.length);
  const cycle = cycleOf(pruner, epochsOf(settings)[0] ?? 1);
  // In a cycle that is cut off, some trials would be compared with too few others.
  return cycle === 0 ? trials : Math.ceil(trials / cycle) * cycle;
}

/** Contradictions between settings that are each valid. `given` is the request body. */
export function consistencyIssues(
  settings: SearchSettings & Pick<Specification, 'budget' | 'validation'>,
  given: unknown,
): ValidationIssue[] {
  const { stages, pruner, budget, hyperparameters, enqueue } = settings;
  const issues: ValidationIssue[] = [];
  const issue = (path: string, message: string) => issues.push({ path, message });
  const epochs = epochsOf(settings);
  if (hasBarriers(pruner)) {
    if (epochs.includes(undefined)) {
      issue('hyperparameters.epochs', `must be one value, not a distribution, for the rungs of ${pruner.type}`);
    }
    const maxEpochs = Math.min(...epochs.map((one) => one ?? Number.POSITIVE_INFINITY));
    if (pruner.minEpochs > maxEpochs) {
      issue('pruner.minEpochs', `must be at most the ${maxEpochs} epochs of a trial, got ${pruner.minEpochs}`);
    }
  }
  issues.push(...curveIssues(settings));
  if (stages.length === 0) return issues;
  const sent = isRecord(given) && isRecord(given['hyperparameters']) ? given['hyperparameters'] : {};
  if (Object.hasOwn(sent, 'epochs')) {
    issue('hyperparameters.epochs', 'is set by the stages; leave it out');
  }
  if (typeof hyperparameters['epochs'] === 'object')
    issue('hyperparameters.epochs', 'must not vary in a search with stages');
  const all = stages.reduce((sum, { trials }) => sum + trials, 0);
  if (budget.trials !== all)
    issue('budget.trials', `must be the ${all} trials of all stages, or be left out, got ${budget.trials}`);
  const { trials } = stages[0]!;
  const own = isRecord(given) && Array.isArray(given['enqueue']) ? given['enqueue'].length : 0;
  if (own > trials) issue('enqueue', `has ${own} configurations, more than the ${trials} trials of the first stage`);
  else if (enqueue.length > trials) {
    issue(
      'warmStart.trials',
      `makes it ${enqueue.length} configurations, more than the ${trials} trials of the first stage`,
    );
  }
  return issues;
}

/** Trials whose curves would be too large. */
function curveIssues({
  stages,
  hyperparameters,
  validation,
}: Pick<Specification, 'stages' | 'hyperparameters' | 'validation'>): ValidationIssue[] {
  const { epochs } = hyperparameters;
  const longest = typeof epochs === 'number' ? epochs : maxEpochs(epochs);
  const parts =
    stages.length === 0
      ? [{ path: 'validation', folds: countFolds(validation), epochs: longest }]
      : stages.map((stage, i) => ({
          path: stage.validation === undefined ? 'validation' : `stages[${i}].validation`,
          folds: countFolds(stage.validation ?? validation),
          epochs: stage.epochs,
        }));
  return parts
    .filter((part) => part.folds * part.epochs > MAX_FOLD_EPOCHS)
    .map(({ path, folds, epochs: each }) => ({
      path,
      message: `has ${folds} folds with repeats, for ${each} epochs each ${folds * each} epochs a trial; the limit is ${MAX_FOLD_EPOCHS}`,
    }));
}

function maxEpochs(setting: Specification['hyperparameters'][string] | undefined): number {
  if (typeof setting !== 'object' || Array.isArray(setting)) return 1;
  const numbers = setting.distribution === 'categorical' ? setting.choices.map(Number) : [setting.high];
  return Math.max(...numbers);
}
