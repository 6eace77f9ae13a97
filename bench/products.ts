/**
 * npm run bench:products: the speed of matrix products compared with the peak of a thread. Runs every product of the four workloads of
 * bench:training in a loop, and multiply-adds in registers.
 *
 *   npm run bench:products -- [--kernels simd] [--times 15] [--json]
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import asc from 'assemblyscript/asc';
import { type CompiledKernels, compileKernels, instantiateKernels, loadAddon } from '../src/compute/kernels.ts';
import type { FloatArray, Kernels } from '../src/nn/kernels/kernels.ts';
import { peakOf as nativePeakOf } from '../src/nn/kernels/native.ts';
import { projectRoot } from '../src/paths.ts';
import { randomAt } from '../src/random.ts';
import { DEFAULT_KERNELS, kernelsNamed } from './parts/kernels.ts';
import { countFrom, rounded, runBench, tableOf } from './parts/report.ts';
import { readWorkloads } from './parts/workloads.ts';

/** How long a product is repeated for one time. Of --times the best counts, others were disturbed. */
const MILLISECONDS = 20;

/** Independent sums of four numbers: enough to hide the latency of a multiply and an add, few enough for sixteen registers. */
const SUMS = 12;

/** `run(n)`: n rounds of SUMS vector multiply-adds that touch no memory. */
function peakSource(kernels: CompiledKernels['family']): string {
  const sums = Array.from({ length: SUMS }, (_, k) => `s${k}`);
  const step = (s: string) =>
    kernels === 'fast' ? `${s} = f32x4.relaxed_madd(${s}, x, y);` : `${s} = f32x4.add(f32x4.mul(${s}, x), y);`;
  return `export function run(n: i32, a: f32, b: f32): f32 {
    const x = f32x4.splat(a), y = f32x4.splat(b);
    ${sums.map((s, k) => `let ${s} = f32x4.splat(a + <f32>${k});`).join('\n')}
    for (let i = 0; i < n; i++) { ${sums.map(step).join('\n')} }
    return f32x4.extract_lane(${sums.reduce((sum, s) => `f32x4.add(${sum}, ${s})`)}, 0);
  }`;
}

/** Billions of floating-point operations a second, the best of `times`. `work` does `flops` of them. */
function gflopsOf(times: number, flops: number, work: () => void): number {
  let repetitions = 1;
  const time = () => {
    const begun = performance.now();
    for (let i = 0; i < repetitions; i++) work();
    return performance.now() - begun;
  };
  while (time() < MILLISECONDS) repetitions *= 2;
  const best = Math.min(...Array.from({ length: times }, time));
  return (flops * repetitions) / best / 1e6;
}

async function peakOf(compiled: CompiledKernels, times: number): Promise<number> {
  const rounds = 10_000;
  const { native, family } = compiled;
  if (native !== undefined) {
    const { run, flopsARound } = nativePeakOf(loadAddon(native.file), native.kind, family === 'fused');
    return gflopsOf(times, rounds * flopsARound, () => run(rounds));
  }
  const options = { optimize: true, runtime: 'stub', enable: ['simd', 'relaxed-simd'] };
  const { binary, stderr, error } = await asc.compileString(peakSource(family), options);
  if (error !== null || binary === null) throw new Error(`the peak could not be measured: ${stderr.toString()}`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), {});
  const run = exports['run'] as (n: number, a: number, b: number) => number;
  const measure = () => gflopsOf(times, rounds * SUMS * 8, () => run(rounds, 0.5, 0.5));
  // Node 20 installs optimized code only when the event loop turns.
  measure();
  await setImmediate();
  return measure();
}

interface Product {
  readonly workload: string;
  readonly batch: number;
  readonly inputs: number;
  readonly units: number;
}

/** Each shape once, under the first workload that has it. */
function productsOf(workloads: ReturnType<typeof readWorkloads>): Product[] {
  const all = Object.entries(workloads).flatMap(([workload, { batch, sizes }]) =>
    sizes.slice(1).map((units, layer) => ({ workload, batch, inputs: sizes[layer]!, units })),
  );
  const key = ({ batch, inputs, units }: Product) => `${batch} ${inputs} ${units}`;
  return [...new Map(all.toReversed().map((product) => [key(product), product])).values()].toReversed();
}

/** x·W + b, xᵀ·dz and dz·Wᵀ of one dense layer. */
function measure(
  kernels: Kernels,
  { batch: N, inputs: D, units: H }: Product,
  times: number,
): [number, number, number] {
  kernels.reset(64 * 1024 * 1024);
  const random = randomAt({ seed: 1, purpose: 'dataset' });
  const filled = (array: FloatArray) => array.map(() => random.normal() / 8);
  const matrix = (rows: number, columns: number) => {
    const array = kernels.allocateMatrix(rows, columns);
    array.set(filled(array));
    return array;
  };
  const [x, weight, z, dx, dWeight] = [matrix(N, D), matrix(D, H), matrix(N, H), matrix(N, D), matrix(D, H)];
  const [bias, dBias] = [kernels.allocate(H), kernels.allocate(H)];
  const flops = 2 * N * D * H;
  return [
    gflopsOf(times, flops, () => kernels.denseForward(x, weight, bias, z, N, D, H)),
    gflopsOf(times, flops, () => kernels.denseBackwardParameters(x, z, dWeight, dBias, N, D, H)),
    gflopsOf(times, flops, () => kernels.denseBackwardInput(z, weight, dx, N, D, H)),
  ];
}

await runBench(async () => {
  const { values } = parseArgs({
    options: {
      kernels: { type: 'string', default: DEFAULT_KERNELS },
      times: { type: 'string', default: '15' },
      json: { type: 'boolean' },
    },
  });
  const times = countFrom('times', values.times);
  const compiled = compileKernels(kernelsNamed(values.kernels));
  const kernels = instantiateKernels(compiled);
  const peak = await peakOf(compiled, times);
  const lines = productsOf(readWorkloads(join(projectRoot, 'bench'))).map((product) => {
    const [forward, parameters, input] = measure(kernels, product, times).map((gflops) => rounded(gflops, 1));
    return { ...product, forward: forward!, parameters: parameters!, input: input! };
  });
  if (values.json) {
    console.log(
      JSON.stringify({
        kernels: kernels.name,
        implementation: compiled.implementation,
        node: process.version,
        peak: rounded(peak, 1),
      }),
    );
    for (const line of lines) console.log(JSON.stringify(line));
    return;
  }
  console.log(
    `GFLOP/s on one thread, ${kernels.name} kernels (${compiled.implementation}), Node ${process.version}; in registers: ${peak.toFixed(1)}\n`,
  );
  const head = ['workload', 'rows × inputs × units', 'x·W + b', 'xᵀ·dz', 'dz·Wᵀ'];
  const cells = lines.map(({ workload, batch, inputs, units, ...rates }) => [
    ...[workload, `${batch} × ${inputs} × ${units}`, rates.forward, rates.parameters, rates.input],
  ]);
  console.log(tableOf(head, cells));
});
