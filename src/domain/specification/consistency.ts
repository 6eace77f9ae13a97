/** The course a search takes: how its stages, its pruner and its budget fit together. */
import type { Fault } from '../../errors.ts';
import { cycleOf } from '../brackets.ts';
import { LARGEST_BUDGET } from './budget.ts';
import { isRecord } from './faults.ts';
import { hasBarriers } from './pruners.ts';
import type { Specification } from './specification.ts';

const DEFAULT_TRIALS = 50;

type Course = Pick<Specification, 'hyperparameters' | 'pruner' | 'stages' | 'sampler' | 'enqueue'>;

/** How many epochs the trials of each stage have; undefined where they vary. */
function epochsOf({ stages, hyperparameters }: Course): (number | undefined)[] {
  if (stages.length > 0) return stages.map(({ epochs }) => epochs);
  const { epochs } = hyperparameters;
  return [typeof epochs === 'number' ? epochs : undefined];
}

/** The trials of a search whose budget names none: all stages, the whole grid, or 50, and with brackets as many whole rounds of them as that takes. */
export function defaultTrials(course: Course): number {
  const { stages, pruner, sampler, enqueue } = course;
  if (stages.length > 0) return stages.reduce((sum, { trials }) => sum + trials, 0);
  if (sampler.type === 'grid') return LARGEST_BUDGET;
  const fewest = Math.max(DEFAULT_TRIALS, enqueue.length);
  const round = cycleOf(pruner, epochsOf(course)[0] ?? 1);
  // A round that is cut short would compare some with too few.
  return round === 0 ? fewest : Math.ceil(fewest / round) * round;
}

/** What does not fit together, of parts that are well-formed each by itself. `given` is the body as it was sent. */
export function courseFaults(course: Course & Pick<Specification, 'budget'>, given: unknown): Fault[] {
  const { stages, pruner, budget, hyperparameters, enqueue } = course;
  const faults: Fault[] = [];
  const fault = (path: string, message: string) => faults.push({ path, message });
  const epochs = epochsOf(course);
  if (hasBarriers(pruner)) {
    if (epochs.includes(undefined)) {
      fault('hyperparameters.epochs', `must be one value, not a distribution, for the rungs of ${pruner.type}`);
    }
    const fewest = Math.min(...epochs.map((one) => one ?? Number.POSITIVE_INFINITY));
    if (pruner.minEpochs > fewest) {
      fault('pruner.minEpochs', `must be at most the ${fewest} epochs of a trial, got ${pruner.minEpochs}`);
    }
  }
  if (stages.length === 0) return faults;
  const sent = isRecord(given) && isRecord(given['hyperparameters']) ? given['hyperparameters'] : {};
  if (Object.hasOwn(sent, 'epochs')) {
    fault('hyperparameters.epochs', 'is what the stages say; leave it out');
  }
  if (typeof hyperparameters['epochs'] === 'object')
    fault('hyperparameters.epochs', 'must not vary where there are stages');
  const all = stages.reduce((sum, { trials }) => sum + trials, 0);
  if (budget.trials !== all)
    fault('budget.trials', `is the ${all} trials of the stages; leave it out, got ${budget.trials}`);
  const { trials } = stages[0]!;
  const own = isRecord(given) && Array.isArray(given['enqueue']) ? given['enqueue'].length : 0;
  if (own > trials) fault('enqueue', `has ${own} configurations, more than the ${trials} trials of the first stage`);
  else if (enqueue.length > trials) {
    fault(
      'warmStart.trials',
      `makes it ${enqueue.length} configurations, more than the ${trials} trials of the first stage`,
    );
  }
  return faults;
}
