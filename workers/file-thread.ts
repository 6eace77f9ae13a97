/** A worker thread that reads files: large ones would block the event loop for seconds. */
import { doFileTask, type FileAnswer, type FileTask } from '../src/data/file-work.ts';

export default function fileThread(task: FileTask): Promise<FileAnswer> {
  return doFileTask(task);
}
