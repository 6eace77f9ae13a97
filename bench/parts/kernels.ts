/** The kernels that a benchmark may run on, by name. */
import type { Kernels } from '../../src/nn/kernels.ts';
import { plainKernels } from '../../src/nn/kernels-plain.ts';

const makers: Readonly<Record<string, () => Kernels | Promise<Kernels>>> = {
  plain: () => plainKernels,
};

export async function kernelsNamed(name: string): Promise<Kernels> {
  const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (make === undefined) {
    throw new Error(`--kernels must be one of ${Object.keys(makers).join(', ')}, got ${name}`);
  }
  return make();
}
