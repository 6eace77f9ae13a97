/** The state of a trial as the page shows it: one that diverged is complete for the service. Pure. */
import type { TrialRow } from './model.ts';

export const shownStates = [
  'waiting',
  'running',
  'paused',
  'complete',
  'diverged',
  'pruned',
  'failed',
  'cancelled',
] as const satisfies readonly (TrialRow['state'] | 'diverged')[];

export function shownState({ state, outcome }: Pick<TrialRow, 'state' | 'outcome'>): TrialRow['state'] | 'diverged' {
  return outcome === 'diverged' ? 'diverged' : state;
}
