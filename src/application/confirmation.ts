/** The confirmation of a search with its runs, and what its best trial came to. */
import type { ConfirmationRuns } from '../contract/confirmation.ts';
import { confirmationText } from '../domain/confirmation.ts';
import { Problem } from '../errors.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports/search-queries.ts';

export async function searchConfirmation(
  { queries }: { readonly queries: Pick<SearchQueries, 'find' | 'runs'> },
  id: string,
): Promise<ConfirmationRuns> {
  const search = await findSearch({ queries }, id);
  const { confirmation, specification } = search;
  if (confirmation === undefined) {
    const why =
      specification.confirm === undefined
        ? 'its specification has no `confirm`'
        : 'it begins when the trials have ended and one of them has a value';
    throw new Problem('notFound', `the search has no confirmation: ${why}`);
  }
  const runs = await queries.runs(search);
  const finalists = confirmation.finalists.map((finalist) => ({
    ...finalist,
    trials: runs.filter(({ confirms }) => confirms?.trial === finalist.number),
  }));
  return { ...confirmation, finalists, text: confirmationText(confirmation) ?? null };
}
