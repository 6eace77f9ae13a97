/**
 * `verify-golden DIR [--kernels NAME,…]`: replays every fixture of the format `network-golden/1` in a folder, by default on the plain and the
 * SIMD kernels. Prints one line per file, which passes if all kernels do, then `N passed, M failed`. The exit code is 0 only if there was a
 * fixture and none failed.
 */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileKernels, instantiateKernels } from '../compute/kernels.ts';
import { type Mismatch, replay } from '../conformance/network/golden.ts';
import { readFixture } from '../conformance/network/golden-fixture.ts';
import type { Kernels } from '../nn/kernels/kernels.ts';
import { createPlainKernels } from '../nn/kernels/plain.ts';

const kernelsByName: Readonly<Record<string, () => Kernels>> = {
  plain: () => instantiateKernels(compileKernels('plain')),
  plain64: () => createPlainKernels('float64'),
  simd: () => instantiateKernels(compileKernels('simd')),
  fast: () => instantiateKernels(compileKernels('fast')),
};

const USAGE = `usage: verify-golden DIR [--kernels ${Object.keys(kernelsByName).join(',')}]`;

function described({ what, where, ours, expected, tolerance }: Mismatch): string {
  return `${what}, ${where}, ours ${ours}, expected ${expected}, tolerance ${tolerance}`;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The file's line: `ok …`, `FAIL …`, or `skip …` for JSON of another kind. */
function verifyFile(path: string, file: string, kernels: ReadonlyMap<string, Kernels>): string {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined;
    if (typeof format === 'string' && !format.startsWith('network-golden/')) return `skip ${file}: format ${format}`;
    const fixture = readFixture(json);
    const mismatches = [...kernels].flatMap(([name, one]) => {
      const [first, ...others] = replay(fixture, one);
      if (first === undefined) return [];
      return `${name}: ${described(first)}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
    });
    if (mismatches.length > 0) return `FAIL ${fixture.name}: ${mismatches.join('; ')}`;
    return `ok ${fixture.name} (${fixture.batches.length} steps; ${[...kernels.keys()].join(', ')})`;
  } catch (error) {
    return `FAIL ${file}: ${reason(error)}`;
  }
}

/** Prints its lines and returns the exit code: 0 all passed, 1 a difference or no fixture, 2 invalid arguments. */
export function verifyGolden(args: readonly string[], print: (line: string) => void): 0 | 1 | 2 {
  let folder: string | undefined;
  const kernels = new Map<string, Kernels>();
  let files: string[];
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { kernels: { type: 'string', default: 'plain,simd' } },
    });
    folder = positionals[0];
    for (const name of values.kernels.split(',')) {
      const make = Object.hasOwn(kernelsByName, name) ? kernelsByName[name] : undefined;
      if (make === undefined) throw new Error(USAGE);
      kernels.set(name, make());
    }
    if (folder === undefined) throw new Error(USAGE);
    files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  } catch (error) {
    print(reason(error));
    return 2;
  }
  let passed = 0;
  let failed = 0;
  for (const file of files.sort()) {
    const line = verifyFile(join(folder, file), file, kernels);
    print(line);
    if (line.startsWith('ok')) passed++;
    if (line.startsWith('FAIL')) failed++;
  }
  print(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

// import.meta.url is a resolved path; without realpath, a start through a symbolic link would do nothing and exit 0.
const [, started] = process.argv;
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) {
  process.exitCode = verifyGolden(process.argv.slice(2), console.log);
}
