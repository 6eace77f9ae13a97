/** Reads files in threads: large ones would block the event loop for seconds, and damaged ones may take any memory and time. */
import { Piscina } from 'piscina';
import { InvalidDataset } from '../data/faults.ts';
import { createFileReader, type FileAnswer, type FileReader, type FileTask } from '../data/file-work.ts';
import { projectRoot } from '../paths.ts';
import { withSourceMaps } from './source-maps.ts';

const IDLE_MS = 10_000;

interface FileThreadLimits {
  /** Of one thread. A CSV of 60 MB with 20 million numbers, near all limits, is read within the default. */
  readonly heapMegabytes?: number;
  readonly seconds?: number;
}

/** A file that exceeds a limit is an `InvalidDataset`. */
export function createFileThreads({ heapMegabytes = 3072, seconds = 600 }: FileThreadLimits = {}): FileReader & {
  close(): Promise<void>;
} {
  const threads = new Piscina<FileTask, FileAnswer>({
    ...withSourceMaps,
    filename: new URL('dist/workers/file-thread.js', `file://${projectRoot}/`).href,
    minThreads: 0,
    // Two, so that a preview of a large file does not block a worker that loads rows.
    maxThreads: 2,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  });
  const run = async (task: FileTask): Promise<FileAnswer> => {
    const signal = AbortSignal.timeout(seconds * 1000);
    try {
      return await threads.run(task, { signal });
    } catch (error) {
      if (signal.aborted) throw tooLarge(`takes longer than ${seconds} s`);
      const isOutOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      throw isOutOfMemory ? tooLarge(`takes more than ${heapMegabytes} MB of memory`) : error;
    }
  };
  return { ...createFileReader(run), close: () => threads.destroy() };
}

function tooLarge(what: string): InvalidDataset {
  return new InvalidDataset([
    { path: '', message: `${what} to read, which is the limit: it is damaged, or too large` },
  ]);
}
