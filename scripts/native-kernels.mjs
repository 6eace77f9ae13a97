// Compiles kernels/native/ to an addon, where there is a C compiler. Without one, training runs on WebAssembly: the same results, slower.

import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** The same sources for each kind of vectors, with and without fused multiply-adds. */
const kinds = {
  x64: {
    avx512: ['-mavx2', '-mfma', '-mavx512f', '-mavx512bw', '-mavx512cd', '-mavx512dq', '-mavx512vl'],
    avx2: ['-mavx2', '-mfma'],
    sse2: [],
  },
  arm64: { neon: [] },
};

// A multiplication may never be fused with an addition: that would change bits.
const options = [
  '-std=c11',
  '-O3',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fPIC',
  '-fvisibility=hidden',
];

const compilers = [['cc'], ['gcc'], ['clang'], ['zig', 'cc']];

/** The first C compiler there is, as a command; CC comes first, as everywhere. */
function findCompiler() {
  const named = process.env.CC ? [process.env.CC.split(' '), ...compilers] : compilers;
  for (const command of named) {
    const [program, ...args] = command;
    const { status, stdout } = spawnSync(program, [...args, '--version'], { encoding: 'utf8' });
    if (status === 0) return { command, version: firstLine(stdout) };
  }
  return undefined;
}

function firstLine(text) {
  return text.trim().split('\n')[0];
}

/**
 * `key`: changes with all that goes into the addon. `build()`: compiles it into `output` and records in native.json there which file it is, or why
 * there is none; gives what is to be said of it. A file that other processes use is never written to: each key has its own. `checked`: with a check
 * of every array of every call against the arena, for debugging; HYPERSEARCH_CHECKED=1 sets it.
 */
export function nativeKernels(root, output, { checked = process.env.HYPERSEARCH_CHECKED === '1' } = {}) {
  const sources = path.join(root, 'kernels', 'native');
  const record = path.join(output, 'native.json');
  const compiler = process.platform === 'win32' || kinds[process.arch] === undefined ? undefined : findCompiler();
  const hash = createHash('sha256').update(JSON.stringify([compiler, options, kinds[process.arch], checked]));
  for (const name of fs.readdirSync(sources).sort()) hash.update(fs.readFileSync(path.join(sources, name)));
  const key = hash.digest('hex').slice(0, 16);

  const run = async (args) => {
    const [program, ...before] = compiler.command;
    await promisify(execFile)(program, [...before, ...args], { cwd: sources });
  };
  const compile = async (folder) => {
    const object = async (name, source, flags) => {
      const made = path.join(folder, `${name}.o`);
      await run([...options, ...flags, '-c', source, '-o', made]);
      return made;
    };
    const headers = path.join(root, 'node_modules', 'node-api-headers', 'include');
    const objects = await Promise.all([
      object('addon', 'addon.c', [`-I${headers}`, ...(checked ? ['-DHYPERSEARCH_CHECKED'] : [])]),
      ...Object.entries(kinds[process.arch]).map(([kind, flags]) =>
        object(kind, 'kernels.c', [...flags, `-DRUN=run_${kind}`]),
      ),
      ...Object.entries(kinds[process.arch])
        .filter(([kind]) => kind !== 'sse2') // which has no fused multiply-adds
        .map(([kind, flags]) => object(`${kind}-fused`, 'kernels.c', [...flags, '-DFUSED', `-DRUN=run_${kind}_fused`])),
    ]);
    const link = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
    const file = `native-${key}.node`;
    // Linked in a temporary folder and moved, so that no process sees half a file.
    await run([...link, '-o', path.join(folder, file), ...objects]);
    process.dlopen({ exports: {} }, path.join(folder, file));
    fs.renameSync(path.join(folder, file), path.join(output, file));
    return file;
  };
  const tryToBuild = async () => {
    if (compiler === undefined)
      return { missing: `there is no C compiler (${compilers.map((one) => one.join(' ')).join(', ')})` };
    fs.mkdirSync(output, { recursive: true });
    const folder = fs.mkdtempSync(path.join(output, 'compiling-'));
    try {
      return { file: await compile(folder) };
    } catch (error) {
      return {
        missing: `${compiler.version} could not compile kernels/native: ${firstLine(error.stderr || error.message)}`,
      };
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  };
  const build = async () => {
    const result = await tryToBuild();
    fs.writeFileSync(record, `${JSON.stringify({ key, ...result })}\n`);
    return result.missing === undefined
      ? `Kernels: compiled to machine code by ${compiler.version}${checked ? ', with checks of every address' : ''}.`
      : `Kernels: WebAssembly, since ${result.missing}.`;
  };
  return { key, build };
}
