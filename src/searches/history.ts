/** How the best was found, trial by trial. */
import { z } from 'zod';
import { isBetter } from '../search/objective.ts';
import type { TrialOutcome } from './ports.ts';
import type { Search } from './records.ts';
import { stagesOf } from './stages.ts';

export const historySchema = z
  .object({
    points: z
      .array(
        z.object({
          number: z.int(),
          value: z.number(),
          best: z.number().describe('Of the trials of its stage up to this one'),
          stage: z.int(),
          epochs: z.int().describe('Trained up to here, by all trials'),
        }),
      )
      .readonly()
      .describe('Complete trials in the order of their numbers; thinned, but never by one that was the best'),
  })
  .meta({ id: 'History' });
export type History = z.infer<typeof historySchema>;

const MOST_POINTS = 1000;

export function historyOf(search: Search, outcomes: readonly TrialOutcome[]): History {
  const { direction } = search.specification.objective;
  const stages = stagesOf(search);
  const points: History['points'][number][] = [];
  const improved = new Set<number>();
  let epochs = 0;
  let stage = 0;
  let best: number | null = null;
  for (const trial of outcomes) {
    epochs += trial.epochs;
    if (trial.state !== 'complete' || trial.value === null) continue;
    const own = Math.max(
      0,
      stages.findIndex(({ to }) => trial.number < to),
    );
    if (own !== stage) [stage, best] = [own, null];
    if (best === null || isBetter(trial.value, best, direction)) {
      best = trial.value;
      improved.add(trial.number);
    }
    points.push({ number: trial.number, value: trial.value, best, stage, epochs });
  }
  const every = Math.ceil(points.length / MOST_POINTS);
  return {
    points: points.filter(({ number }, i) => i % every === 0 || improved.has(number) || i === points.length - 1),
  };
}
