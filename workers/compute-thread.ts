/** A worker thread of the compute core: trains one trial or fold at a time and reports its epochs. */
import { performance } from 'node:perf_hooks';
import { workerData } from 'piscina';
import { closePort } from '../src/compute/close-port.ts';
import { runFold } from '../src/compute/fold-run.ts';
import { runInline, runToCompletion } from '../src/compute/inline-core.ts';
import { type CompiledKernels, instantiateKernels } from '../src/compute/kernels.ts';
import type { ThreadRequest, ThreadResponse } from '../src/compute/protocol.ts';
import { MemoryLimitExceeded, type TimedUpdate } from '../src/compute/trial.ts';

/** Epochs within this time are sent in one message: a tiny network has thousands per second. */
const BATCH_MS = 20;

const kernels = instantiateKernels(workerData as CompiledKernels);

export default async function computeThread(request: ThreadRequest): Promise<ThreadResponse> {
  try {
    return run(request);
  } finally {
    await closePort(request.port);
  }
}

function run({ task, only, port, stop, memoryLimit }: ThreadRequest): ThreadResponse {
  let batch: TimedUpdate[] = [];
  port.postMessage(batch); // the thread has started: the time limit counts from here
  let lastSent = performance.now();
  const report = (update: TimedUpdate) => {
    batch.push(update);
    const now = performance.now();
    if (now - lastSent < BATCH_MS) return;
    port.postMessage(batch);
    batch = [];
    lastSent = now;
  };
  const interrupted = () => Atomics.load(stop, 0) !== 0;
  try {
    const conditions = { interrupted, memoryLimit };
    if (only === undefined) return runInline(kernels, task, report, conditions);
    return runToCompletion(runFold(task, only.fold, { name: kernels.name, kernels }, conditions, only.before), report);
  } catch (error) {
    if (error instanceof MemoryLimitExceeded) return { outcome: 'tooLarge', bytes: error.bytes };
    throw error;
  } finally {
    if (batch.length > 0) port.postMessage(batch);
  }
}
