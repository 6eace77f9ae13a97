/** Trains the runs of a request in a compute thread. */
import { performance } from 'node:perf_hooks';
import type { Kernels } from '../nn/kernels/kernels.ts';
import { runFold } from './fold-run.ts';
import { runInline, runToCompletion } from './inline-core.ts';
import {
  type RunReport,
  STOPPED,
  type ThreadEnd,
  type ThreadReport,
  type ThreadRequest,
  type ThreadRun,
} from './protocol.ts';
import { MemoryLimitExceeded, type TimedUpdate } from './trial.ts';

/** What happens within this time is sent in one message: a tiny network has thousands of epochs per second. */
const BATCH_MS = 20;

/** Trains the runs one after the other and posts their epochs and ends. Never throws. */
export function runRequest(
  kernels: Kernels,
  { runs, progress, memoryLimit }: Pick<ThreadRequest, 'runs' | 'progress' | 'memoryLimit'>,
  post: (report: ThreadReport) => void,
): void {
  let reports: RunReport[] = [];
  let lastSent = performance.now();
  const send = () => {
    post(reports);
    reports = [];
    lastSent = performance.now();
  };
  const isDue = () => performance.now() - lastSent >= BATCH_MS;
  runs.forEach((one, run) => {
    if (Atomics.load(progress.stop, run) !== 0) {
      reports.push({ run, updates: [], end: { outcome: 'notStarted' } });
      return;
    }
    progress.startedAt[run] = Date.now();
    let updates: TimedUpdate[] = [];
    const onEpoch = (update: TimedUpdate) => {
      updates.push(update);
      if (!isDue()) return;
      reports.push({ run, updates, end: undefined });
      updates = [];
      send();
    };
    const interrupted = () => Atomics.load(progress.stop, run) === STOPPED;
    const end = endOf(kernels, one, onEpoch, { interrupted, memoryLimit });
    reports.push({ run, updates, end });
    if (isDue()) send();
  });
  if (reports.length > 0) send();
}

function endOf(
  kernels: Kernels,
  { task, only }: ThreadRun,
  onEpoch: (update: TimedUpdate) => void,
  conditions: { readonly interrupted: () => boolean; readonly memoryLimit: number },
): ThreadEnd {
  try {
    if (only === undefined) return runInline(kernels, task, onEpoch, conditions);
    return runToCompletion(runFold(task, only.fold, { name: kernels.name, kernels }, conditions, only.before), onEpoch);
  } catch (error) {
    if (error instanceof MemoryLimitExceeded) return { outcome: 'tooLarge', bytes: error.bytes };
    return { outcome: 'failed', error };
  }
}
