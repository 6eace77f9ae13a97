/** A worker thread that checks the networks of a search before they are trained. */
import { workerData } from 'piscina';
import { type PreflightTask, preflightOf } from '../src/application/preflight.ts';
import { type CompiledKernels, instantiateKernels } from '../src/compute/kernels.ts';
import { preflight } from '../src/compute/preflight.ts';
import type { Preflight } from '../src/contract/analysis.ts';

const kernels = instantiateKernels(workerData as CompiledKernels);

export default function preflightThread(task: PreflightTask): Preflight {
  return preflightOf(task, (network) => preflight(network, { name: kernels.name, kernels }));
}
