/** What is removed of searches that ended long ago. */
import type { Change } from './events.ts';

/** `signals`: layer signals of trials; `curves`: all that was measured by epoch, the signals too; `events`: how trials came to their ends; `audit`: the other events. */
export const retained = ['signals', 'curves', 'events', 'audit'] as const;
export type Retained = (typeof retained)[number];

/** Days after the end of a search; what is not there is kept. */
export type Retention = Readonly<Partial<Record<Retained, number | undefined>>>;

/** Events that say how a trial came to what its row says: the most of the log. Except of a retry that somebody asked for, `by` says nothing in them. */
export const eventsOfTrials = [
  'trials.planned',
  'trial.started',
  'trial.paused',
  'trial.promoted',
  'trial.complete',
  'trial.pruned',
  'trial.failed',
  'trial.retried',
] as const satisfies readonly Change['type'][];

/** Kept as long as the search: whether a trial that was cancelled may go on depends on who did it (transitions/search-actions.ts). */
export const eventsAlwaysKept = ['trial.cancelled'] as const satisfies readonly Change['type'][];
