/** What the sampler of a finished search must have proposed, worked out from what the API says of its trials. */

import type { Observation } from '../../src/algorithms/samplers/sampler.ts';
import type { Point } from '../../src/algorithms/space/space.ts';
import type { ApiClient } from '../../src/cli/api-client.ts';
import type { SearchEvent } from '../../src/domain/events.ts';
import type { Search } from '../../src/domain/search.ts';
import { samplerOf } from '../../src/domain/specification/specification.ts';
import { bracketIn, stagesOf } from '../../src/domain/stages.ts';
import type { TrialSummary } from '../../src/domain/trial.ts';
import { allTrials } from './searches.ts';

export async function allEvents(client: ApiClient, id: string): Promise<SearchEvent[]> {
  const events: SearchEvent[] = [];
  for (let after = 0; ; ) {
    const response = await fetch(`${client.url}/v1/searches/${id}/events?after=${after}&limit=1000`);
    const page = (await response.json()) as { events: SearchEvent[]; next: number };
    if (page.events.length === 0) return events;
    events.push(...page.events);
    after = page.next;
  }
}

export interface Recomputed {
  readonly search: Search;
  readonly trials: readonly TrialSummary[];
  /** The points that were tried, by number, and what the sampler gives when it is called directly. */
  readonly tried: readonly Point[];
  readonly expected: readonly Point[];
}

/**
 * Invariant 6, written down a second time: trial i sees the results of the first `learnsFrom(i)` trials of its stage, and of those between only the
 * points. Trials of its own bracket count with their value at the first rung, earlier ones with the value they ended with.
 */
export async function recompute(client: ApiClient, id: string): Promise<Recomputed> {
  const search = await client.search(id);
  const trials = await allTrials(client, id);
  const events = await allEvents(client, id);
  const atFirstRung = new Map(
    events.flatMap((event) =>
      event.type === 'trial.paused' && event.data.rung === 0 ? [[event.data.number, event.data] as const] : [],
    ),
  );
  const { specification } = search;
  const expected = stagesOf(search).flatMap((stage) => {
    const sampler = samplerOf(specification, stage);
    const own = trials.filter(({ number }) => number >= stage.from && number < stage.to);
    return own.map(({ number }) => {
      const local = number - stage.from;
      const bracket = bracketIn(specification, stage, number);
      const history = own.slice(0, local).flatMap((trial): Observation[] => {
        const at = { number: trial.number - stage.from, point: trial.hyperparameters };
        if (at.number >= sampler.learnsFrom(local)) {
          return [{ ...at, value: null, epochs: 0, complete: false, pending: true }];
        }
        const rung = bracket && trial.number >= bracket.from ? atFirstRung.get(trial.number) : undefined;
        if (rung !== undefined) return [{ ...at, value: rung.value, epochs: rung.epochs, complete: false }];
        const { state, value, epochs } = trial;
        return state === 'failed' || state === 'cancelled'
          ? []
          : [{ ...at, value, epochs, complete: state === 'complete' }];
      });
      return sampler.propose(local, history);
    });
  });
  return { search, trials, tried: trials.map(({ hyperparameters }) => hyperparameters), expected };
}
