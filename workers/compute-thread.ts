/** A worker thread of the compute core: trains one trial, or one fold of one, at a time and tells its epochs. */
import { performance } from 'node:perf_hooks';
import { workerData } from 'piscina';
import { closePort } from '../src/compute/close-port.ts';
import { runFold } from '../src/compute/fold-run.ts';
import { runInline, runToCompletion } from '../src/compute/inline-core.ts';
import { type CompiledKernels, instantiateKernels } from '../src/compute/kernels.ts';
import type { ThreadRequest, ThreadResponse } from '../src/compute/protocol.ts';
import { MemoryLimitExceeded, type TimedUpdate } from '../src/compute/trial.ts';

/** Epochs that end within this time of each other travel together: a tiny network has thousands a second. */
const GATHER_MS = 20;

const kernels = instantiateKernels(workerData as CompiledKernels);

export default async function computeThread(request: ThreadRequest): Promise<ThreadResponse> {
  try {
    return run(request);
  } finally {
    await closePort(request.port);
  }
}

function run({ task, only, port, stop, memoryLimit }: ThreadRequest): ThreadResponse {
  let gathered: TimedUpdate[] = [];
  port.postMessage(gathered); // «begun»: the time limit counts from here
  let told = performance.now();
  const tell = (update: TimedUpdate) => {
    gathered.push(update);
    const now = performance.now();
    if (now - told < GATHER_MS) return;
    port.postMessage(gathered);
    gathered = [];
    told = now;
  };
  const interrupted = () => Atomics.load(stop, 0) !== 0;
  try {
    const conditions = { interrupted, memoryLimit };
    if (only === undefined) return runInline(kernels, task, tell, conditions);
    return runToCompletion(runFold(task, only.fold, { name: kernels.name, kernels }, conditions, only.before), tell);
  } catch (error) {
    if (error instanceof MemoryLimitExceeded) return { outcome: 'tooLarge', bytes: error.bytes };
    throw error;
  } finally {
    if (gathered.length > 0) port.postMessage(gathered);
  }
}
