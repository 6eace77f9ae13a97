/** A worker thread for analyses of a search that would block the event loop for seconds. */
import { type SplitTask, splitOfTask } from '../src/application/dataset-rows.ts';
import { type ImportanceShares, type ImportanceTask, importanceOf } from '../src/application/importance.ts';
import { computeWhatIf, type WhatIfTask } from '../src/application/what-if.ts';
import type { Replays } from '../src/domain/what-if/what-if.ts';

export default function importance(task: ImportanceTask): ImportanceShares {
  return importanceOf(task);
}

export function split(task: SplitTask): Uint8Array[] {
  return splitOfTask(task);
}

export function whatIf(task: WhatIfTask): Replays {
  return computeWhatIf(task);
}
