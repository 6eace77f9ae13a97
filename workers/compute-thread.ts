/** A worker thread of the compute core: trains one trial at a time and tells its epochs. */
import { performance } from 'node:perf_hooks';
import { runInline } from '../src/compute/inline-core.ts';
import type { ThreadRequest, ThreadResponse } from '../src/compute/protocol.ts';
import type { EpochUpdate } from '../src/compute/trial.ts';

/** Epochs that end within this time of each other travel together: a tiny network has thousands a second. */
const GATHER_MS = 20;

export default function computeThread({ task, port, stop }: ThreadRequest): ThreadResponse {
  let gathered: EpochUpdate[] = [];
  port.postMessage(gathered); // «begun»: the time limit counts from here
  let told = performance.now();
  const tell = (update: EpochUpdate) => {
    gathered.push(update);
    const now = performance.now();
    if (now - told < GATHER_MS) return;
    port.postMessage(gathered);
    gathered = [];
    told = now;
  };
  const result = runInline(task, tell, () => Atomics.load(stop, 0) !== 0);
  if (gathered.length > 0) port.postMessage(gathered);
  port.close();
  return result;
}
