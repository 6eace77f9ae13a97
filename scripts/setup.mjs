// What must be true before any command can run: dependencies installed, database client generated, TypeScript and page built.
// Each step knows whether it is due; a set-up where none is costs some milliseconds. Plain JavaScript without
// dependencies, since this is what installs and builds the rest.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { nativeKernels } from './native-kernels.mjs';
import { withLock } from './setup-lock.mjs';

/**
 * Does what is due in the project at `root`, and says each thing it does in one line. Without `build`, what reads the sources themselves can run:
 * tests that start no process, linters, the compiler's check of types.
 */
export async function setUp(root, say, { build = true } = {}) {
  const steps = [installStep(root), clientStep(root), kernelsStep(root), nativeKernelsStep(root), standaloneStep(root)];
  if (build) steps.push(buildStep(root), bundleStep(root), pageStep(root));
  if (steps.every((step) => !step.isDue())) return;
  await withLock(path.join(root, '.hypersearch', 'setup.lock'), say, async () => {
    // Asked again: another process may just have done it. And in turn: what one step makes is the next one's input.
    for (const step of steps) {
      if (!step.isDue()) continue;
      say(step.announcement);
      const outcome = await step.run();
      if (outcome) say(outcome);
      step.finish();
    }
  });
}

function installStep(root) {
  const modules = path.join(root, 'node_modules');
  const stampFile = path.join(modules, '.hypersearch-installed.json');
  const lock = () => readText(path.join(root, 'package-lock.json'));
  // Some packages carry a binary per version of Node.
  const platform = `node ${process.versions.node.split('.')[0]} ${process.platform} ${process.arch}`;
  return {
    announcement: 'Installing dependencies…',
    isDue() {
      const stamp = readJson(stampFile);
      if (stamp.platform !== undefined && stamp.platform !== platform) return true;
      // Whoever ran npm by hand has installed too.
      return stamp.lock !== hash(lock()) && !isInstalled(readJson(path.join(root, 'package-lock.json')), modules);
    },
    async run() {
      // Dev dependencies are needed to build, whatever NODE_ENV says.
      await runNpm(root, ['ci', '--include=dev', '--include=optional', '--no-progress']);
    },
    finish: () => writeJson(stampFile, { lock: hash(lock()), platform }),
  };
}

/** Compares with the list that npm writes into node_modules as its last act: it has every package at its version. */
function isInstalled(lock, modules) {
  const installed = readJson(path.join(modules, '.package-lock.json')).packages ?? {};
  const wanted = Object.entries(lock.packages ?? {}).filter(([place]) => place !== '');
  return (
    fs.existsSync(modules) &&
    wanted.every(([place, { version, optional, os, cpu, libc }]) => {
      const found = installed[place];
      if (found) return found.version === version;
      // npm leaves out what is for other machines. libc is not checked.
      const fits = (list, value) => !list || list.includes(value);
      return optional === true && !(os && !libc && fits(os, process.platform) && fits(cpu, process.arch));
    })
  );
}

function clientStep(root) {
  const stampFile = path.join(root, 'node_modules', '.hypersearch-client.json');
  const client = path.join(root, 'src', 'adapters', 'prisma-client', 'client.ts');
  const key = () => {
    const version = readJson(path.join(root, 'node_modules', 'prisma', 'package.json')).version;
    return hash(`${version} ${readText(path.join(root, 'prisma', 'schema.prisma'))}`);
  };
  return {
    announcement: 'Generating the database client…',
    isDue: () => !fs.existsSync(client) || readJson(stampFile).key !== key(),
    run: () => runBin(root, 'prisma', ['generate']),
    finish: () => writeJson(stampFile, { key: key() }),
  };
}

/** The same sources twice: `fast` may fuse a multiplication with the addition after it. */
const kernelVariants = { simd: [], fast: ['--enable', 'relaxed-simd'] };

function kernelsStep(root) {
  const output = path.join(root, 'dist', 'kernels');
  const stampFile = path.join(output, '.built.json');
  const key = () => {
    const { version } = readJson(path.join(root, 'node_modules', 'assemblyscript', 'package.json'));
    return hash(`${version} ${JSON.stringify(kernelVariants)} ${fingerprint(root, ['kernels'])}`);
  };
  return {
    announcement: 'Compiling the kernels…',
    isDue: () => readJson(stampFile).key !== key(),
    async run() {
      const options = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];
      const variants = Object.entries(kernelVariants).map(([name, more]) =>
        runBin(root, 'asc', ['kernels/index.ts', ...options, ...more, '--outFile', `dist/kernels/${name}.wasm`]),
      );
      await Promise.all(variants);
    },
    finish: () => writeJson(stampFile, { key: key() }),
  };
}

/** The same kernels in machine code, where there is a C compiler. */
function nativeKernelsStep(root) {
  const output = path.join(root, 'dist', 'kernels');
  if (!fs.existsSync(path.join(root, 'kernels', 'native'))) return { isDue: () => false };
  const { key, build } = nativeKernels(root, output);
  return {
    announcement: 'Compiling the kernels to machine code…',
    isDue: () => readJson(path.join(output, 'native.json')).key !== key,
    run: build,
    finish: () => undefined, // it has recorded what it made
  };
}

/** The code of predict.mjs, in one file: it goes into every such file of a model (src/models/predict-module.ts). */
function standaloneStep(root) {
  const output = path.join(root, 'dist', 'models');
  const stampFile = path.join(output, '.built.json');
  const entry = 'src/models/standalone.ts';
  const key = () => {
    const { version } = readJson(path.join(root, 'node_modules', 'vite', 'package.json'));
    const places = ['src/models', 'src/data', 'src/nn', 'src/exact-math.ts'];
    return hash(`${version} ${fingerprint(root, places)}`);
  };
  let before;
  return {
    announcement: 'Bundling the predictor…',
    isDue: () => fs.existsSync(path.join(root, entry)) && readJson(stampFile).key !== key(),
    async run() {
      before = key();
      const { build } = await import('vite');
      await build({
        configFile: false,
        root,
        logLevel: 'warn',
        publicDir: false,
        build: {
          lib: { entry, formats: ['es'], fileName: () => 'standalone.mjs' },
          outDir: output,
          target: 'es2022',
          minify: false,
        },
      });
    },
    finish: () => writeJson(stampFile, { key: before }),
  };
}

function buildStep(root) {
  const output = path.join(root, 'dist');
  const stampFile = path.join(output, '.hypersearch-built.json');
  const key = () => hash(fingerprint(root, [...sourceFolders(root), 'tsconfig.json']));
  let before;
  return {
    announcement: 'Building…',
    isDue: () => readJson(stampFile).key !== key(),
    async run() {
      // Taken before: a file that is saved while tsc works is built next time.
      before = key();
      await runBin(root, 'tsc', ['-p', 'tsconfig.json']);
      removeStaleOutputs(root, output);
    },
    finish: () => writeJson(stampFile, { key: before }),
  };
}

function bundleStep(root) {
  const output = path.join(root, 'dist', 'service');
  const stampFile = path.join(output, '.built.json');
  const key = () => hash(`${readText(path.join(root, 'package-lock.json'))} ${fingerprint(root, ['src', 'workers'])}`);
  let before;
  return {
    announcement: 'Bundling the service…',
    isDue: () => fs.existsSync(path.join(root, 'workers')) && readJson(stampFile).key !== key(),
    async run() {
      before = key();
      const { bundleService } = await import('./service-bundle.mjs');
      await bundleService(root, output);
    },
    finish: () => writeJson(stampFile, { key: before }),
  };
}

/** The page shares types, and the pure modules, with the service. */
function pageStep(root) {
  const output = path.join(root, 'dist', 'web');
  const stampFile = path.join(output, '.built.json');
  const key = () => {
    const { version } = readJson(path.join(root, 'node_modules', 'vite', 'package.json'));
    return hash(`${version} ${fingerprint(root, ['web', 'src'])}`);
  };
  let before;
  return {
    announcement: 'Building the page…',
    isDue: () => fs.existsSync(path.join(root, 'web')) && readJson(stampFile).key !== key(),
    async run() {
      before = key();
      // Vite takes NODE_ENV from the environment: in a test's, the page would have the development build of React.
      await runBin(root, 'vite', ['build', 'web'], { env: { ...process.env, NODE_ENV: 'production' } });
    },
    finish: () => writeJson(stampFile, { key: before }),
  };
}

function sourceFolders(root) {
  return readJson(path.join(root, 'tsconfig.json')).include ?? [];
}

/** Every source file's path, size and time of change: as good as its contents, and cheap. */
function fingerprint(root, places) {
  const lines = [];
  for (const place of places) {
    for (const file of filesBelow(path.join(root, place))) {
      if (!/\.(tsx?|json|css|html|svg)$/.test(file)) continue;
      const { size, mtimeMs } = fs.statSync(file);
      lines.push(`${path.relative(root, file)} ${size} ${mtimeMs}`);
    }
  }
  return lines.sort().join('\n');
}

/**
 * tsc never deletes: the output of a source that is gone could still be imported, or run as a test. The outputs of other steps, such as
 * the page's, are in other folders.
 */
function removeStaleOutputs(root, output) {
  for (const file of sourceFolders(root).flatMap((folder) => filesBelow(path.join(output, folder)))) {
    const source = path.join(root, path.relative(output, file)).replace(/\.js(\.map)?$/, '.ts');
    if (source.endsWith('.ts') && !fs.existsSync(source)) fs.rmSync(file);
  }
}

function filesBelow(place) {
  const found = fs.statSync(place, { throwIfNoEntry: false });
  if (!found) return [];
  if (!found.isDirectory()) return [place];
  return fs.readdirSync(place).flatMap((name) => filesBelow(path.join(place, name)));
}

/** With the npm that runs us, if one does. */
function runNpm(root, args) {
  const own = process.env.npm_execpath ?? '';
  if (/npm-cli\.c?js$/.test(own)) return run(root, process.execPath, [own, ...args], 'npm ci');
  // On Windows npm is a script for the shell. The arguments are constants.
  return run(root, 'npm', args, 'npm ci', { shell: process.platform === 'win32' });
}

function runBin(root, name, args, more = {}) {
  return run(root, process.execPath, [findBin(root, name), ...args], `${name} ${args.join(' ')}`, more);
}

/** Where a command is not named like its package. */
const packagesOf = { tsc: ['typescript'], biome: ['@biomejs/biome'], asc: ['assemblyscript'] };

/** The script behind a command that a dependency installs. */
export function findBin(root, name) {
  const modules = path.join(root, 'node_modules');
  for (const folder of [name, ...(packagesOf[name] ?? [])]) {
    const { bin } = readJson(path.join(modules, folder, 'package.json'));
    const script = typeof bin === 'string' ? bin : bin?.[name];
    if (script) return path.join(modules, folder, script);
  }
  const link = path.join(modules, '.bin', name);
  if (fs.existsSync(link)) return fs.realpathSync(link);
  throw new SetupError(`There is no command ${name} in node_modules/.bin.`);
}

/** Shows its output only if it fails. Signals to this process are passed on. */
function run(root, command, args, title, more = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...more });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        output += text;
      });
    }
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', pass).on('SIGTERM', pass);
    child.on('error', (error) => reject(new SetupError(`${title} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      process.off('SIGINT', pass).off('SIGTERM', pass);
      if (code === 0) resolve();
      else
        reject(new SetupError(`${output.trim()}\n\n"${title}" failed (${signal ?? `exit code ${code}`}); see above.`));
    });
  });
}

/** Something the reader can act on: shown without a stack. */
export class SetupError extends Error {
  name = 'SetupError';
}

function hash(text) {
  return createHash('sha256').update(text).digest('hex');
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** An empty object where there is no such file, or half of one. */
function readJson(file) {
  try {
    return JSON.parse(readText(file));
  } catch {
    return {};
  }
}

function writeJson(file, value) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(value)}\n`);
}
