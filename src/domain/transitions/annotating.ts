/** What people write about trials. It changes no result, so trials that have ended can be annotated too. */
import { Problem } from '../../errors.ts';
import { type Annotation, annotated, MAX_TAGS } from '../annotations.ts';
import type { SearchUpdate } from './search-update.ts';

/** How many trials were changed. */
export async function annotateTrials(
  update: SearchUpdate,
  numbers: readonly number[],
  annotation: Annotation,
): Promise<number> {
  const trials = await update.trials({ numbers });
  const unknown = numbers.find((number) => !trials.some((trial) => trial.number === number));
  if (unknown !== undefined) throw new Problem('notFound', `the search has no trial ${unknown} yet`);
  let changed = 0;
  for (const trial of trials) {
    const { number, confirms } = trial;
    if (confirms !== undefined) {
      throw new Problem('wrongState', `runs of a confirmation have no notes; annotate trial ${confirms.trial}`);
    }
    const after = annotated(trial, annotation);
    if (after === trial) continue;
    if (after.tags.length > MAX_TAGS) {
      const message = `trial ${number} would have ${after.tags.length} tags, more than ${MAX_TAGS}`;
      throw new Problem('invalidRequest', `addTags: ${message}`, [{ path: 'addTags', message }]);
    }
    const { notes, tags } = after;
    update.updateTrial(trial, { notes, tags });
    update.event({ type: 'trial.changed', data: { number, notes, tags: [...tags] } });
    changed++;
  }
  return changed;
}
