/** The kernels that whatever is said of networks must hold for. Faster ones are added here. */
import { compileKernels, instantiateKernels } from '../../src/compute/kernels.ts';
import { type KernelsName, kernelsNames } from '../../src/compute/kernels-names.ts';
import type { Kernels } from '../../src/nn/kernels/kernels.ts';
import { createPlainKernels } from '../../src/nn/kernels/plain.ts';

const simd = instantiateKernels(compileKernels('simd'));

/** Those that set-up compiled to machine code and that this processor can run: none where there is no C compiler. */
function native(prefix: 'native:' | 'fused:'): (readonly [name: KernelsName, kernels: Kernels])[] {
  return kernelsNames.flatMap((name) => {
    if (!name.startsWith(prefix)) return [];
    try {
      return [[name, instantiateKernels(compileKernels(name))] as const];
    } catch {
      return [];
    }
  });
}

export const strict = native('native:');
export const fused = native('fused:');

export const everyKernels: readonly (readonly [name: string, kernels: Kernels])[] = [
  ['plain', createPlainKernels('float32')],
  ['plain, float64', createPlainKernels('float64')],
  ['plain, padded', createPlainKernels('float32', { padding: 3 })],
  ['simd', simd],
  ['fast', instantiateKernels(compileKernels('fast'))],
  ...strict,
  ...fused,
];

/** Kernels of one family: the key must give the bits of the value. */
export const sameBitsAs: ReadonlyMap<Kernels, Kernels> = new Map([
  ...strict.map(([, kernels]) => [kernels, simd] as const),
  ...fused.slice(1).map(([, kernels]) => [kernels, fused[0]![1]] as const),
]);
