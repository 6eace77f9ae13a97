/** A worker thread of the compute core. */
import { workerData } from 'piscina';
import { closePort } from '../src/compute/close-port.ts';
import { type CompiledKernels, instantiateKernels } from '../src/compute/kernels.ts';
import type { ThreadRequest } from '../src/compute/protocol.ts';
import { runRequest } from '../src/compute/run-request.ts';

const kernels = instantiateKernels(workerData as CompiledKernels);

export default async function computeThread({ port, ...request }: ThreadRequest): Promise<void> {
  runRequest(kernels, request, (report) => port.postMessage(report));
  await closePort(port);
}
