/** Jobs that are trained and whose results are not all written: the worker goes on with other jobs meanwhile. */
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/**
 * Runs a job, which calls `onTrained` when its trials are trained and resolves when their results are written. Resolves once the job is trained
 * and at most `most` trained jobs are unwritten: the limit keeps a worker from training ahead of a slow database. Rejects if the job fails before
 * it is trained; a later failure is logged.
 */
export type RunJob = (job: (onTrained: () => void) => Promise<unknown>) => Promise<void>;

export function createUnwrittenJobs(most: number, log: Log): RunJob {
  const unwritten = new Set<Promise<void>>();
  return async (job) => {
    let onTrained = (): void => undefined;
    const trained = new Promise<void>((resolve) => {
      onTrained = resolve;
    });
    const written = job(onTrained);
    await Promise.race([trained, written]);
    const end: Promise<void> = written
      .catch((error: unknown) => log.error(`results of a job could not be written: ${messageOf(error)}`))
      .then(() => void unwritten.delete(end));
    unwritten.add(end);
    while (unwritten.size > most) await Promise.race(unwritten);
  };
}
