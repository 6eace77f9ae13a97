/** Findings of a search, aggregated over its trials, with suggestions. */
import type { SearchFindings } from '../contract/analysis.ts';
import { severities } from '../diagnosis/finding.ts';
import { confirmationText } from '../domain/confirmation.ts';
import { concernsSearch } from '../domain/finding-scope.ts';
import type { Search } from '../domain/search.ts';
import type { Specification } from '../domain/specification/specification.ts';
import { stagesOf } from '../domain/stages.ts';
import type { DiagnosedTrial } from '../domain/suggestion-rules.ts';
import { type Suggestion, suggestionsOf } from '../domain/suggestions.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports/search-queries.ts';

/** The input of `suggestionsOfTask`: plain data that can be sent to a thread. */
export interface SuggestionsTask {
  readonly specification: Specification;
  /** `DiagnosedTrial`s as JSON text, which is cheap to send. */
  readonly trials: string;
}

export interface SuggestionDependencies {
  readonly queries: Pick<SearchQueries, 'diagnosed'>;
  /** Computes `suggestionsOfTask` off the event loop. */
  readonly suggest: (task: SuggestionsTask) => Promise<readonly Suggestion[]>;
}

export async function searchFindings(
  dependencies: SuggestionDependencies & { readonly queries: Pick<SearchQueries, 'find' | 'findings'> },
  id: string,
): Promise<SearchFindings> {
  const { queries } = dependencies;
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
  return { trials, ...(confirmed && { confirmed }), items, suggestions: await suggestionsFor(search, dependencies) };
}

/** Suggestions from the trials of the newest stage. */
export async function suggestionsFor(
  search: Search,
  { queries, suggest }: SuggestionDependencies,
): Promise<readonly Suggestion[]> {
  // They are changes of a search that can be refined.
  if (search.specification.observed) return [];
  const { index, hyperparameters, validation } = stagesOf(search).at(-1)!;
  const trials = await queries.diagnosed(search, index);
  return suggest({ specification: { ...search.specification, hyperparameters, validation }, trials });
}

/** Takes a second for ten thousand trials, so do not call it on the event loop. */
export function suggestionsOfTask({ specification, trials }: SuggestionsTask): Suggestion[] {
  return suggestionsOf(specification, JSON.parse(trials) as DiagnosedTrial[]);
}
