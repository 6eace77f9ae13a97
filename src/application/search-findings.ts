/** Findings of a search, aggregated over its trials, with suggestions. */
import type { SearchFindings } from '../contract/analysis.ts';
import { severities } from '../diagnosis/finding.ts';
import { confirmationText } from '../domain/confirmation.ts';
import { concernsSearch } from '../domain/finding-scope.ts';
import type { Search } from '../domain/search.ts';
import { stagesOf } from '../domain/stages.ts';
import { type Suggestion, suggestionsOf } from '../domain/suggestions.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports.ts';

export async function searchFindings(
  { queries }: { readonly queries: Pick<SearchQueries, 'find' | 'findings' | 'diagnosed'> },
  id: string,
): Promise<SearchFindings> {
  const search = await findSearch({ queries }, id);
  const { complete, pruned, paused, failed, cancelled } = search.trials;
  const trials = complete + pruned + paused + failed + cancelled;
  const found = await queries.findings(search);
  const items = found
    .map(({ example, trials: count, numbers }) => {
      const { code, severity } = example;
      const { hyperparameters } = search.specification;
      const concerns = concernsSearch(code, hyperparameters) ? ('search' as const) : ('trial' as const);
      return { code, severity, concerns, trials: count, share: trials > 0 ? count / trials : 0, numbers, example };
    })
    .sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || b.trials - a.trials);
  const confirmed = confirmationText(search.confirmation);
  return { trials, ...(confirmed && { confirmed }), items, suggestions: await suggestionsFor(search, queries) };
}

/** Suggestions from the trials of the newest stage. */
export async function suggestionsFor(
  search: Search,
  queries: Pick<SearchQueries, 'diagnosed'>,
): Promise<readonly Suggestion[]> {
  // They are changes of a search that can be refined.
  if (search.specification.observed) return [];
  const { index, hyperparameters, validation } = stagesOf(search).at(-1)!;
  const trials = await queries.diagnosed(search, index);
  return suggestionsOf({ ...search.specification, hyperparameters, validation }, trials);
}
