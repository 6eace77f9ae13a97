/** A worker thread for what is known before a search: checks of its networks, and how fast this machine trains. */
import { join } from 'node:path';
import { workerData } from 'piscina';
import { measureSlowness } from '../src/application/measure-slowness.ts';
import { type PreflightTask, preflightOf } from '../src/application/preflight.ts';
import { type CompiledKernels, instantiateKernels } from '../src/compute/kernels.ts';
import { preflight } from '../src/compute/preflight.ts';
import type { Preflight } from '../src/contract/analysis.ts';
import { loadBuiltin } from '../src/data/builtin.ts';
import type { Slowness } from '../src/domain/estimate.ts';
import { projectRoot } from '../src/paths.ts';

const kernels = instantiateKernels(workerData as CompiledKernels);

export default function preflightThread(task: PreflightTask): Preflight {
  return preflightOf(task, (network) => preflight(network, { name: kernels.name, kernels }));
}

export function slowness(): Slowness {
  return measureSlowness(kernels, loadBuiltin('digits', join(projectRoot, 'datasets'))!);
}
