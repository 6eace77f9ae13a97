/** A worker thread for what takes a second to think about: the event loop has trials to serve. */
import { type ImportanceTask, importanceOf } from '../src/application/importance.ts';
import type { Importance } from '../src/contract/analysis.ts';

export default function analysisThread(task: ImportanceTask): Importance {
  return importanceOf(task);
}
