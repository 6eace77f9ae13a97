/** The kernels a process trains with: chosen and compiled once, and instantiated by each thread. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { messageOf } from '../errors.ts';
import type { Kernels } from '../nn/kernels/kernels.ts';
import { createPlainKernels } from '../nn/kernels/plain.ts';
import { createSimdKernels } from '../nn/kernels/simd.ts';
import { projectRoot } from '../paths.ts';

/**
 * `simd`: WebAssembly with 128-bit vectors, the same bits on every machine. `fast`: the same with fused multiply-adds, whose
 * bits may differ between processors. `plain`: the reference implementation in TypeScript that the others are compared with.
 */
export const kernelsNames = ['simd', 'fast', 'plain'] as const;
export type KernelsName = (typeof kernelsNames)[number];

/** What a thread needs to instantiate kernels; it can be posted to a thread, including the machine code. */
export interface CompiledKernels {
  readonly name: KernelsName;
  readonly module: WebAssembly.Module | undefined;
}

export function compileKernels(name: KernelsName): CompiledKernels {
  if (name === 'plain') return { name, module: undefined };
  // Node 20 needs a flag for relaxed SIMD; later versions do not.
  if (name === 'fast' && process.versions.node.startsWith('20.'))
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  const bytes = readFileSync(join(projectRoot, 'dist', 'kernels', `${name}.wasm`));
  try {
    return { name, module: new WebAssembly.Module(bytes) };
  } catch (error) {
    const other = name === 'fast' ? 'simd' : 'plain';
    throw new Error(
      `the ${name} kernels cannot run here (${messageOf(error)}); set HYPERSEARCH_KERNELS=${other}, which is slower`,
      { cause: error },
    );
  }
}

export function instantiateKernels({ name, module }: CompiledKernels): Kernels {
  return module === undefined ? createPlainKernels('float32') : createSimdKernels(name, module);
}
