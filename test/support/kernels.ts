/** The kernels that whatever is said of networks must hold for. Faster ones are added here. */
import { compileKernels, instantiateKernels } from '../../src/compute/kernels.ts';
import type { Kernels } from '../../src/nn/kernels/kernels.ts';
import { createPlainKernels } from '../../src/nn/kernels/plain.ts';

export const everyKernels: readonly (readonly [name: string, kernels: Kernels])[] = [
  ['plain', createPlainKernels('float32')],
  ['plain, float64', createPlainKernels('float64')],
  ['plain, padded', createPlainKernels('float32', { padding: 3 })],
  ['simd', instantiateKernels(compileKernels('simd'))],
  ['fast', instantiateKernels(compileKernels('fast'))],
];
