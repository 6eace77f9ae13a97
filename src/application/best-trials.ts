/** The best trials of a search, and whether the best one is clearly the best. */

import { type Certainty, certaintyOf } from '../algorithms/certainty.ts';
import type { Best } from '../contract/trials.ts';
import { countFolds } from '../data/folds.ts';
import { type Confirmation, confirmationText, confirmedBest } from '../domain/confirmation.ts';
import type { Search } from '../domain/search.ts';
import { stagesOf } from '../domain/stages.ts';
import type { TrialSummary } from '../domain/trial.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports.ts';

/** The best trial is compared with this many others, even if fewer are requested. */
const COMPARED = 50;
/** Finalists that are the best with less than this probability can be distinguished from it. */
const UNLIKELY = 0.05;

export async function bestTrials(
  { queries }: { readonly queries: Pick<SearchQueries, 'find' | 'best'> },
  id: string,
  limit: number,
): Promise<Best> {
  const search = await findSearch({ queries }, id);
  const ranked = await queries.best(search, Math.max(limit, COMPARED));
  const { confirmation } = search;
  const confirmed = confirmation && confirmedIn(confirmation);
  const items = ranked.slice(0, limit);
  if (confirmed === undefined) return { items, certainty: certaintyIn(search, ranked) };
  return { items, certainty: certaintyBy(confirmation!), confirmed };
}

function confirmedIn(confirmation: Confirmation): Best['confirmed'] {
  const confirmed = confirmedBest(confirmation);
  const { best, finalists } = confirmation;
  const finalist = finalists.find(({ number }) => number === best);
  if (confirmed === undefined || finalist === undefined) return undefined;
  return { ...confirmed, number: finalist.number, searched: finalist.value, finalists: finalists.length };
}

function certaintyIn(search: Search, ranked: readonly TrialSummary[]): Certainty {
  const scored = ranked.flatMap(({ number, value, deviation }) =>
    value === null ? [] : [{ number, value, deviation }],
  );
  const { validation } = stagesOf(search)[search.best?.stage ?? 0] ?? search.specification;
  return certaintyOf(scored, countFolds(validation));
}

function certaintyBy(confirmation: Confirmation): Certainty {
  const { best, finalists } = confirmation;
  const valued = finalists.flatMap(({ number, confirmed }) => (confirmed === null ? [] : [{ number, ...confirmed }]));
  const first = valued.find(({ number }) => number === best)!;
  const others = valued.filter(({ number }) => number !== best).toSorted((a, b) => b.probability - a.probability);
  const [next] = others;
  const alike = others.filter(({ probability }) => probability >= UNLIKELY).map(({ number }) => number);
  return {
    error: first.standardError,
    gap: next === undefined ? null : Math.abs(first.value - next.value),
    alike: [first.number, ...alike],
    text: confirmationText(confirmation)!,
  };
}
