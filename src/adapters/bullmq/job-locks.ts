/**
 * Locks of jobs, which a worker renews while it does them. None of what goes wrong with them is an error: a lock only keeps a job from being given
 * to two workers, and trials are held by their leases (invariant 1).
 */
import { ErrorCode } from 'bullmq';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';

/**
 * Postgres ends one of two statements that wait for each other. Renewals and the search for jobs of dead workers change many rows each, in orders
 * of their own (BullMQ 6.7.0), so that it happens to several workers, and to one with many jobs.
 */
const DEADLOCK = '40P01';
const MAX_ATTEMPTS = 3;
/** What BullMQ answers when a job is ended that it gave to another worker meanwhile. */
const notOurs: readonly unknown[] = [
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
];

/** The part of a BullMQ worker that has to do with locks. */
export interface LockingWorker {
  extendJobLocks(ids: string[], tokens: string[], ms: number): Promise<string[]>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'lockRenewalFailed', listener: (ids: string[]) => void): unknown;
}

/** Renews again what Postgres has ended, and says in the log what matters. `isRunning`: whether the work of a job has not ended. */
export function keepLocks(worker: LockingWorker, isRunning: (id: string) => boolean, log: Log): void {
  const renew = worker.extendJobLocks.bind(worker);
  worker.extendJobLocks = async (...renewal) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await renew(...renewal);
      } catch (error) {
        if (codeOf(error) !== DEADLOCK || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  };
  worker.on('lockRenewalFailed', (ids) => {
    // The others have ended while their locks were being renewed.
    const lost = ids.filter(isRunning).length;
    if (lost === 0) return;
    const jobs = lost === 1 ? '1 job' : `${lost} jobs`;
    log.warn(
      `the queue took ${jobs} from this worker, whose locks were not renewed in time; its trials go on by their leases`,
    );
  });
  worker.on('error', (error) => {
    const code = codeOf(error);
    if (code === DEADLOCK)
      log.info(
        'Postgres ended one of two statements of the queue that waited for each other; it is sent again within seconds',
      );
    // Each is an event of its own, too.
    else if (/^could not renew lock for job /.test(error.message)) log.debug(messageOf(error));
    else if (notOurs.includes(code)) log.info(`a job had been taken from this worker when it ended: ${error.message}`);
    else log.error(`worker: ${error.message}`);
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
