/** Trains the runs of a request in a compute thread. */
import { performance } from 'node:perf_hooks';
import { threadId } from 'node:worker_threads';
import type { Kernels } from '../nn/kernels/kernels.ts';
import { explainModel } from './explain-model.ts';
import { type RunConditions, runFold } from './fold-run.ts';
import { runInline, runToCompletion } from './inline-core.ts';
import { compileKernels, instantiateKernels } from './kernels.ts';
import { fastestOf } from './kernels-names.ts';
import {
  type MadeModel,
  type RunReport,
  STOPPED,
  type ThreadEnd,
  type ThreadReport,
  type ThreadRequest,
  type ThreadRun,
} from './protocol.ts';
import { NoModel, trainModel } from './train-model.ts';
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
    progress.thread[run] = threadId;
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
  run: ThreadRun,
  onEpoch: (update: TimedUpdate) => void,
  conditions: RunConditions,
): ThreadEnd {
  try {
    if ('model' in run) return makeModel(kernels, run, onEpoch, conditions);
    if ('explain' in run) {
      return { outcome: 'explained', ...explainModel(run.explain, { name: kernels.name, kernels }, conditions) };
    }
    const { task, only } = run;
    if (only === undefined) return runInline(kernels, task, onEpoch, conditions);
    return runToCompletion(runFold(task, only.fold, { name: kernels.name, kernels }, conditions, only.before), onEpoch);
  } catch (error) {
    if (error instanceof MemoryLimitExceeded) return { outcome: 'tooLarge', bytes: error.bytes };
    if (error instanceof NoModel) return { outcome: 'noModel', message: error.message };
    return { outcome: 'failed', error };
  }
}

/** A model is trained by kernels of the family of its trial, whichever this thread trains with. */
function makeModel(
  own: Kernels,
  { model, kernels: family }: Extract<ThreadRun, { readonly model: unknown }>,
  onEpoch: (update: TimedUpdate) => void,
  conditions: RunConditions,
): MadeModel {
  const kernels = family === own.name ? own : instantiateKernels(compileKernels(fastestOf[family]));
  const made = runToCompletion(trainModel(model, { name: kernels.name, kernels }, conditions), onEpoch);
  return { outcome: 'model', ...made };
}
