/** The state of a search or trial as text and icon, so that it does not depend on colour. */
import type { ReactNode } from 'react';
import type { ModelRecord, Search, TrialSummary } from '../api.ts';

type State = Search['state'] | TrialSummary['state'] | ModelRecord['state'] | 'diverged';

const signs: Readonly<Record<State, string>> = {
  waiting: '○',
  running: '●',
  paused: '‖',
  complete: '✓',
  ready: '✓',
  pruned: '✂',
  failed: '✗',
  cancelled: '–',
  diverged: '↗',
};

export function StateChip({ state }: { readonly state: State }): ReactNode {
  return (
    <span className={`chip state-${state}`}>
      <span aria-hidden="true">{signs[state]}</span> {state}
    </span>
  );
}

/** States of trials in the order of the progress bar. */
const barStates = ['complete', 'pruned', 'diverged', 'failed', 'cancelled', 'paused', 'running'] as const;

export function ProgressBar({ trials }: { readonly trials: Search['trials'] }): ReactNode {
  const { total, diverged } = trials;
  const count = (state: (typeof barStates)[number]) =>
    state === 'complete' ? trials.complete - diverged : trials[state];
  const ended = endedOf(trials);
  const parts = barStates.filter((state) => count(state) > 0);
  const summary = parts.map((state) => `${count(state)} ${state}`).join(', ');
  return (
    <div
      className="bar"
      role="progressbar"
      aria-label={`trials: ${summary || 'none yet'}`}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={ended}
      title={summary}
    >
      {parts.map((state) => (
        <span key={state} className={`bar-${state}`} style={{ width: `${(100 * count(state)) / total}%` }} />
      ))}
    </div>
  );
}

export function endedOf({ complete, pruned, failed, cancelled }: Search['trials']): number {
  return complete + pruned + failed + cancelled;
}

export function isOpen({ state }: Pick<Search, 'state'>): boolean {
  return state === 'running' || state === 'paused';
}
