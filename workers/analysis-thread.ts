/** A worker thread for what takes a second to think about: the event loop has trials to serve. */
import { type Importance, type ImportanceTask, importanceOf } from '../src/searches/importance.ts';

export default function analysisThread(task: ImportanceTask): Importance {
  return importanceOf(task);
}
