/** The kernels a process trains with: chosen and compiled once, and instantiated by each thread. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { messageOf } from '../errors.ts';
import type { Kernels } from '../nn/kernels/kernels.ts';
import { createNativeKernels, type NativeAddon } from '../nn/kernels/native.ts';
import { createPlainKernels } from '../nn/kernels/plain.ts';
import { createSimdKernels, logarithmOf } from '../nn/kernels/simd.ts';
import { projectRoot } from '../paths.ts';
import type { KernelsFamily, KernelsName } from './kernels-names.ts';

/** What a thread needs to instantiate kernels; it can be posted to a thread, including WebAssembly's machine code. */
export interface CompiledKernels {
  readonly family: KernelsFamily;
  /** How they run here, for people. */
  readonly implementation: string;
  readonly module: WebAssembly.Module | undefined;
  readonly native: { readonly file: string; readonly kind: string } | undefined;
}

const folder = join(projectRoot, 'dist', 'kernels');

export function compileKernels(name: KernelsName): CompiledKernels {
  if (name === 'plain') return { family: 'plain', implementation: 'TypeScript', module: undefined, native: undefined };
  if (name === 'fast' || name === 'simd') return compileWasm(name);
  const [wanted, kind] = name.split(':');
  const native = findNative(kind);
  if ('missing' in native) {
    if (wanted === 'auto') return compileWasm('simd');
    throw new Error(
      `the ${name} kernels cannot run here: ${native.missing}; set HYPERSEARCH_KERNELS=simd, which is slower`,
    );
  }
  const { module } = compileWasm('simd');
  const family = wanted === 'fused' ? 'fused' : 'simd';
  return { family, implementation: `native code for ${native.kind}`, module, native };
}

function compileWasm(name: 'simd' | 'fast'): CompiledKernels {
  // Node 20 needs a flag for relaxed SIMD; later versions do not.
  if (name === 'fast' && process.versions.node.startsWith('20.'))
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  const bytes = readFileSync(join(folder, `${name}.wasm`));
  try {
    const module = new WebAssembly.Module(bytes);
    return { family: name, implementation: 'WebAssembly, 128-bit vectors', module, native: undefined };
  } catch (error) {
    const other = name === 'fast' ? 'simd' : 'plain';
    throw new Error(
      `the ${name} kernels cannot run here (${messageOf(error)}); set HYPERSEARCH_KERNELS=${other}, which is slower`,
      { cause: error },
    );
  }
}

const load = createRequire(import.meta.url);

export function loadAddon(file: string): NativeAddon {
  return load(join(folder, file)) as NativeAddon;
}

/** The addon that set-up compiled (scripts/native-kernels.mjs), and the vectors to use; or why there is none. */
function findNative(
  wanted: string | undefined,
): { readonly file: string; readonly kind: string } | { readonly missing: string } {
  let built: { readonly file?: string; readonly missing?: string };
  try {
    built = JSON.parse(readFileSync(join(folder, 'native.json'), 'utf8')) as typeof built;
  } catch {
    return { missing: 'set-up has not compiled them' };
  }
  if (built.file === undefined) return { missing: built.missing ?? 'set-up has not compiled them' };
  try {
    const { kinds } = loadAddon(built.file);
    const kind = wanted === undefined ? kinds[0] : kinds.find((one) => one === wanted);
    if (kind !== undefined) return { file: built.file, kind };
    return { missing: `this processor has ${kinds.join(', ') || 'no vectors that they can use'}` };
  } catch (error) {
    return { missing: messageOf(error) };
  }
}

export function instantiateKernels({ family, module, native }: CompiledKernels): Kernels {
  if (module === undefined) return createPlainKernels('float32');
  if (native === undefined) return createSimdKernels(family, module);
  const { file, kind } = native;
  return createNativeKernels(family, loadAddon(file), { kind, fused: family === 'fused', log: logarithmOf(module) });
}
