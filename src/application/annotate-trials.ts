/** Changes notes and tags of trials. */
import type { TagsChange } from '../contract/trials.ts';
import type { Annotation } from '../domain/annotations.ts';
import type { Trial } from '../domain/trial.ts';
import type { SearchQueries } from './ports/search-queries.ts';
import type { SearchStore } from './ports/search-store.ts';

interface AnnotateDependencies {
  readonly store: Pick<SearchStore, 'annotateTrials'>;
  readonly queries: Pick<SearchQueries, 'trial'>;
}

export async function annotateTrial(
  { store, queries }: AnnotateDependencies,
  id: string,
  number: number,
  annotation: Annotation,
): Promise<Trial> {
  const { search } = await store.annotateTrials(id, [number], annotation);
  return (await queries.trial(search, number))!;
}

/** Adds and removes tags of many trials at once; all of them change, or none. */
export async function tagTrials(
  { store }: Pick<AnnotateDependencies, 'store'>,
  id: string,
  { numbers, addTags, removeTags }: TagsChange,
): Promise<{ readonly changed: number }> {
  const { changed } = await store.annotateTrials(id, [...new Set(numbers)], { addTags, removeTags });
  return { changed };
}
