/** The peers that are Python libraries: which are there, and how their scripts are run. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../src/errors.ts';
import { projectRoot } from '../../src/paths.ts';

const run = promisify(execFile);

/** Each peer's module, and the beginning of its scripts' names. */
const peers = {
  PyTorch: { module: 'torch', scripts: 'torch' },
  'scikit-learn': { module: 'sklearn', scripts: 'sklearn' },
} as const;
export type PythonPeer = keyof typeof peers;

export interface Python {
  readonly path: string;
  readonly found: readonly PythonPeer[];
  /** What is not there, for people. */
  readonly missing: readonly string[];
}

/** One thread a library; the two OpenBLAS settings make it mistake the processor, so it is left to look for itself. */
function environment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...others } = process.env;
  const one = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
  // Bytecode would be left among the sources.
  return { ...others, ...one, PYTHONDONTWRITEBYTECODE: '1' };
}

const usualPythons: readonly string[] = ['python3', '/usr/bin/python3'];

async function has(python: string, module: string): Promise<boolean> {
  try {
    await run(python, ['-c', `import ${module}`], { env: environment() });
    return true;
  } catch {
    return false;
  }
}

/** `given`, or else the first Python of a usual name that has both libraries, or the one that has most of them. */
export async function findPython(given: string | undefined): Promise<Python> {
  const names = Object.keys(peers) as PythonPeer[];
  let best: Python | undefined;
  for (const path of given === undefined ? usualPythons : [given]) {
    const there = await Promise.all(names.map((name) => has(path, peers[name].module)));
    const found = names.filter((_, i) => there[i]);
    if (best !== undefined && found.length <= best.found.length) continue;
    const missing = names.filter((name) => !found.includes(name)).map((name) => `${name} (${path} cannot import it)`);
    best = { path, found, missing };
    if (missing.length === 0) break;
  }
  return best!;
}

/** Runs bench/peers/<peer>_<task>.py and gives the object that it prints. */
export async function runPeer(
  { path }: Python,
  peer: PythonPeer,
  task: 'training' | 'search',
  args: readonly string[],
): Promise<Record<string, unknown>> {
  return (await runScript(path, `${peers[peer].scripts}_${task}.py`, args)) as Record<string, unknown>;
}

/** A Python that can import as many of `modules` as possible, and which. */
export async function findModules(
  given: string | undefined,
  modules: readonly string[],
): Promise<{ readonly path: string; readonly found: readonly string[] }> {
  const all = await Promise.all(
    (given === undefined ? usualPythons : [given]).map(async (path) => {
      const there = await Promise.all(modules.map((module) => has(path, module)));
      return { path, found: modules.filter((_, i) => there[i]) };
    }),
  );
  return all.reduce((best, one) => (one.found.length > best.found.length ? one : best));
}

/** A Python that can import all of `modules` (module: what installs it), or an error that says what is missing. */
export async function requirePython(
  given: string | undefined,
  modules: Readonly<Record<string, string>>,
): Promise<string> {
  const candidates = given === undefined ? usualPythons : [given];
  for (const path of candidates) {
    const there = await Promise.all(Object.keys(modules).map((module) => has(path, module)));
    if (there.every((one) => one)) return path;
  }
  const packages = Object.values(modules).join(' ');
  throw new Error(
    `${candidates.join(' or ')} cannot import ${Object.keys(modules).join(' and ')}: pip install ${packages}, and name that Python by --python PATH`,
  );
}

/** Runs a script of bench/peers and gives what it prints, read as JSON. */
export async function runScript(python: string, script: string, args: readonly string[]): Promise<unknown> {
  const path = join(projectRoot, 'bench', 'peers', script);
  try {
    const { stdout } = await run(python, [path, ...args], { env: environment(), maxBuffer: 2 ** 28 });
    return JSON.parse(stdout);
  } catch (error) {
    throw new Error(`${script} failed: ${messageOf(error)}`, { cause: error });
  }
}
