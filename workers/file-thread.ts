/** A worker thread that reads files: large ones take seconds, and the event loop has requests to serve. */
import { doFileTask, type FileAnswer, type FileTask } from '../src/data/file-work.ts';

export default function fileThread(task: FileTask): FileAnswer {
  return doFileTask(task);
}
