/** A worker thread that checks the networks of a search before they are trained. */
import { workerData } from 'piscina';
import { type CompiledKernels, instantiateKernels } from '../src/compute/kernels.ts';
import { preflight } from '../src/compute/preflight.ts';
import { type PreflightTask, preflightOf, type SearchPreflight } from '../src/searches/preflight.ts';

const kernels = instantiateKernels(workerData as CompiledKernels);

export default function preflightThread(task: PreflightTask): SearchPreflight {
  return preflightOf(task, (network) => preflight(network, { name: kernels.name, kernels }));
}
