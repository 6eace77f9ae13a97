/** A worker thread of the compute core: trains the runs of a request one after the other and reports their epochs and ends. */
import { performance } from 'node:perf_hooks';
import { workerData } from 'piscina';
import { closePort } from '../src/compute/close-port.ts';
import { runFold } from '../src/compute/fold-run.ts';
import { runInline, runToCompletion } from '../src/compute/inline-core.ts';
import { type CompiledKernels, instantiateKernels } from '../src/compute/kernels.ts';
import type { RunReport, ThreadEnd, ThreadRequest, ThreadRun } from '../src/compute/protocol.ts';
import { MemoryLimitExceeded, type TimedUpdate } from '../src/compute/trial.ts';

/** What happens within this time is sent in one message: a tiny network has thousands of epochs per second. */
const BATCH_MS = 20;

const kernels = instantiateKernels(workerData as CompiledKernels);

export default async function computeThread({ runs, port, progress, memoryLimit }: ThreadRequest): Promise<void> {
  let reports: RunReport[] = [];
  let lastSent = performance.now();
  const send = () => {
    port.postMessage(reports);
    reports = [];
    lastSent = performance.now();
  };
  const isDue = () => performance.now() - lastSent >= BATCH_MS;
  runs.forEach((one, run) => {
    progress.startedAt[run] = Date.now();
    let updates: TimedUpdate[] = [];
    const onEpoch = (update: TimedUpdate) => {
      updates.push(update);
      if (!isDue()) return;
      reports.push({ run, updates, end: undefined });
      updates = [];
      send();
    };
    const interrupted = () => Atomics.load(progress.stop, run) !== 0;
    const end = endOf(one, onEpoch, { interrupted, memoryLimit });
    reports.push({ run, updates, end });
    if (isDue()) send();
  });
  if (reports.length > 0) send();
  await closePort(port);
}

function endOf(
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
