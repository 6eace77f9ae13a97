/** A worker thread that computes hyperparameter importance, which would block the event loop for seconds. */
import { type ImportanceTask, importanceOf } from '../src/application/importance.ts';
import type { Importance } from '../src/contract/analysis.ts';

export default function analysisThread(task: ImportanceTask): Importance {
  return importanceOf(task);
}
