/** A worker thread for analyses of a search that would block the event loop for seconds. */
import { type SplitTask, splitOfTask } from '../src/application/dataset-rows.ts';
import { type ImportanceShares, type ImportanceTask, importanceOf } from '../src/application/importance.ts';
import { type RowAnswer, type RowTask, rowAnswerOf } from '../src/application/row-work.ts';
import { type CoverageTask, coverageOfTask } from '../src/application/search-coverage.ts';
import { type SuggestionsTask, suggestionsOfTask } from '../src/application/search-findings.ts';
import { computeWhatIf, type WhatIfTask } from '../src/application/what-if.ts';
import type { SearchCoverage } from '../src/contract/analysis.ts';
import type { Suggestion } from '../src/domain/suggestions.ts';
import type { Replays } from '../src/domain/what-if/what-if.ts';

export default function importance(task: ImportanceTask): ImportanceShares {
  return importanceOf(task);
}

export function split(task: SplitTask): Uint8Array[] {
  return splitOfTask(task);
}

export function coverage(task: CoverageTask): SearchCoverage {
  return coverageOfTask(task);
}

export function suggestions(task: SuggestionsTask): Suggestion[] {
  return suggestionsOfTask(task);
}

export function rows(task: RowTask): RowAnswer {
  return rowAnswerOf(task);
}

export function whatIf(task: WhatIfTask): Replays {
  return computeWhatIf(task);
}
