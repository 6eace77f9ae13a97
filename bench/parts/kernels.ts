/** The kernels a benchmark trains with, by the name given on the command line. */
import { compileKernels, instantiateKernels, kernelsNames } from '../../src/compute/kernels.ts';
import type { Kernels } from '../../src/nn/kernels.ts';

export function kernelsNamed(name: string): Kernels {
  const known = kernelsNames.find((one) => one === name);
  if (known === undefined) throw new Error(`--kernels must be one of ${kernelsNames.join(', ')}, got ${name}`);
  return instantiateKernels(compileKernels(known));
}
