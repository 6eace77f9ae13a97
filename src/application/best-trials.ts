/** The best trials of a search, and whether the best one is clearly the best. */

import { type Certainty, certaintyOf } from '../algorithms/certainty.ts';
import { countAlike } from '../algorithms/evidence.ts';
import type { Best } from '../contract/trials.ts';
import { countFolds, overlapOf } from '../data/folds.ts';
import { baselineName, baselineOf, bestEvidence, evidenceText } from '../domain/best-evidence.ts';
import { type Confirmation, confirmationText, confirmedBest } from '../domain/confirmation.ts';
import type { Search } from '../domain/search.ts';
import { stagesOf } from '../domain/stages.ts';
import type { TrialSummary } from '../domain/trial.ts';
import { findSearch } from './find-search.ts';
import type { ModelStore } from './ports/model-store.ts';
import type { SearchQueries } from './ports/search-queries.ts';

/** The best trial is compared with this many others, even if fewer are requested. */
const COMPARED = 50;
/** Finalists that are the best with less than this probability can be distinguished from it. */
const UNLIKELY = 0.05;

export interface BestTrialsDependencies {
  readonly queries: Pick<SearchQueries, 'find' | 'best' | 'values'>;
  readonly models: Pick<ModelStore, 'list'>;
}

export async function bestTrials(
  { queries, models }: BestTrialsDependencies,
  id: string,
  limit: number,
): Promise<Best> {
  const search = await findSearch({ queries }, id);
  const [ranked, evidence, test] = await Promise.all([
    queries.best(search, Math.max(limit, COMPARED)),
    evidenceIn(search, queries),
    testedIn(search, models),
  ]);
  const { confirmation } = search;
  const confirmed = confirmation && confirmedIn(confirmation);
  const items = ranked.slice(0, limit);
  if (confirmed === undefined) return { items, certainty: certaintyIn(search, ranked), evidence, test };
  return { items, certainty: certaintyBy(confirmation!), confirmed, evidence, test };
}

async function evidenceIn(search: Search, queries: Pick<SearchQueries, 'values'>): Promise<Best['evidence']> {
  const { best, specification } = search;
  const baseline = baselineOf(search);
  if (best === null || baseline === undefined) return null;
  const { validation } = stageAt(search, best.stage);
  const folds = countFolds(validation);
  // The variance of a mean over folds that share rows: Nadeau & Bengio 2003.
  const errorOf = (deviation: number | null) =>
    deviation === null ? null : deviation * Math.sqrt((1 + overlapOf(validation)) / folds);
  const candidates = (await queries.values(search, best.stage)).map(({ number, value, deviation }) => ({
    number,
    value,
    standardError: errorOf(deviation),
  }));
  const own = candidates.find(({ number }) => number === best.number);
  const evidence = bestEvidence(search, own?.standardError);
  if (evidence === undefined || own === undefined) return null;
  const { value, rows } = baseline;
  const alike =
    best.confirmed === undefined
      ? countAlike(
          own,
          candidates.filter((one) => one !== own),
          baseline,
        )
      : certaintyBy(search.confirmation!).alike.length - 1;
  return {
    ...evidence,
    baseline: { value, rows, name: baselineName(specification.objective.metric, baseline) },
    alike,
    text: evidenceText(search, evidence)!,
  };
}

/** How many models of the search are looked at. */
const MAX_MODELS = 100;

async function testedIn({ id, best }: Search, models: Pick<ModelStore, 'list'>): Promise<Best['test']> {
  if (best === null) return null;
  const { items } = await models.list({ searchId: id, limit: MAX_MODELS });
  for (const { id: model, origin, facts } of items) {
    const test = facts?.test ?? null;
    if (test === null || origin.trial !== best.number || origin.ensemble !== null) continue;
    const { rows, value, interval } = test;
    return { model, trial: origin.trial, rows, value, interval };
  }
  return null;
}

function stageAt(search: Search, stage: number): Pick<Search['specification'], 'validation'> {
  return stagesOf(search)[stage] ?? search.specification;
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
  const { validation } = stageAt(search, search.best?.stage ?? 0);
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
