/** Kernels by name: what a trial records, and what can be asked for. */

/**
 * Kernels of one family give the same bits on every machine. A trial records its family, which is part of its result's hash, and any
 * implementation of it may resume or replay the trial.
 *
 * `simd`: multiply, then add, in float32. `fused`: the same with fused multiply-adds. `fast`: WebAssembly's relaxed multiply-adds, whose bits
 * may differ between processors. `plain`: sums in float64.
 */
export type KernelsFamily = 'simd' | 'fused' | 'fast' | 'plain';

/** What runs a family fastest here: for trials that were trained with it. */
export const fastestOf: Readonly<Record<KernelsFamily, KernelsName>> = {
  simd: 'auto',
  fused: 'fused',
  fast: 'fast',
  plain: 'plain',
};

const vectors = ['avx512', 'avx2', 'sse2', 'neon'] as const;

/**
 * What can be asked for. `auto`: the fastest of the family `simd`. `native`: that family by machine code, which set-up compiles where it finds
 * a C compiler; `simd`: by WebAssembly with 128-bit vectors. `fused`: by machine code only. After a colon, the vectors of the processor.
 */
export const kernelsNames = [
  ...(['auto', 'native', 'simd', 'fused', 'fast', 'plain'] as const),
  ...vectors.flatMap((kind) => [`native:${kind}`, `fused:${kind}`] as const),
] as const;
export type KernelsName = (typeof kernelsNames)[number];
