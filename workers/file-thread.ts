/** A worker thread that reads files: large ones would block the event loop for seconds. */
import { doFileTask, type FileAnswer, type FileTask } from '../src/data/file-work.ts';

export default function fileThread(task: FileTask): Promise<FileAnswer> {
  // What others share may be more than libraries that read files expect.
  return doFileTask({ ...task, file: Buffer.from(task.file) });
}
