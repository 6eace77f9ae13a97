/** Reads files in threads: large ones would block the event loop for seconds, and damaged ones may take any memory and time. */
import { InvalidDataset } from '../data/faults.ts';
import { createFileReader, type FileAnswer, type FileReader, type FileTask } from '../data/file-work.ts';
import { createLimitedThreads, type ThreadLimits } from './limited-threads.ts';

/** Of one thread. A CSV of 60 MB with 20 million numbers, near all limits, is read within them. */
const LIMITS: ThreadLimits = { heapMegabytes: 3072, seconds: 600 };
/** Two, so that a preview of a large file does not block a worker that loads rows. */
const THREADS = 2;

/** A file that exceeds a limit is an `InvalidDataset`. */
export function createFileThreads(limits: Partial<ThreadLimits> = {}): FileReader & { close(): Promise<void> } {
  const tooLarge = (message: string) => new InvalidDataset([{ path: '', message }]);
  const threads = createLimitedThreads<FileTask, FileAnswer>(
    'file-thread',
    THREADS,
    { ...LIMITS, ...limits },
    tooLarge,
  );
  return { ...createFileReader((task) => threads.run(task)), close: threads.close };
}
