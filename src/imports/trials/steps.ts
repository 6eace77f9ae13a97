/** Intermediate values by the steps of another tool, as one value per epoch. */
import type { Note, SourceTrial } from './source-trials.ts';

/** Of a trial here, too. */
const MAX_EPOCHS = 10_000;
/** Of all trials together. */
const MAX_NUMBERS = 1_000_000;

interface Steps {
  /** null after an epoch of which the trial has no value. */
  seriesOf(trial: SourceTrial): readonly (number | null)[];
  readonly notes: readonly Note[];
}

/** Every step that any trial has reported is an epoch, in their order: trials stay comparable after as many epochs. */
export function stepsOf(trials: readonly SourceTrial[]): Steps {
  const all = new Set<number>();
  for (const { steps } of trials) for (const step of steps?.keys() ?? []) all.add(step);
  const sorted = [...all].sort((a, b) => a - b);
  const epochOf = new Map(sorted.map((step, i) => [step, i]));
  const lengthOf = ({ steps }: SourceTrial) =>
    [...(steps?.keys() ?? [])].reduce((length, step) => Math.max(length, epochOf.get(step)! + 1), 0);
  const numbers = trials.reduce((sum, trial) => sum + lengthOf(trial), 0);
  if (sorted.length > MAX_EPOCHS || numbers > MAX_NUMBERS) {
    const text = `the intermediate values are left out: with ${sorted.length} different steps they would be ${numbers} numbers, and at most ${MAX_EPOCHS} steps and ${MAX_NUMBERS} numbers are kept`;
    return { seriesOf: () => [], notes: [{ name: 'intermediate values', text }] };
  }
  const [first] = sorted;
  const areEpochs = first === undefined || (first <= 1 && sorted.every((step, i) => step === first + i));
  const text = `the ${sorted.length} steps ${sorted.slice(0, 5).join(', ')}${sorted.length > 5 ? ', …' : ''} are epochs 1 to ${sorted.length}`;
  return {
    seriesOf: (trial) => {
      const series = new Array<number | null>(lengthOf(trial)).fill(null);
      for (const [step, value] of trial.steps ?? []) series[epochOf.get(step)!] = value;
      return series;
    },
    notes: areEpochs ? [] : [{ name: 'intermediate values', text }],
  };
}
