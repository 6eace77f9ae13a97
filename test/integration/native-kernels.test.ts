/** Kernels in machine code: the bits of WebAssembly's, in whole training runs and through the service, and nothing outside their arrays. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, createClient } from '../../src/cli/api-client.ts';
import { createInlineCore, runInline } from '../../src/compute/inline-core.ts';
import { compileKernels } from '../../src/compute/kernels.ts';
import type { KernelsName } from '../../src/compute/kernels-names.ts';
import { resultOf, type TrialTask } from '../../src/compute/trial.ts';
import { loadBuiltin } from '../../src/data/builtin.ts';
import { fallbacks, settingsOf } from '../../src/domain/specification/hyperparameters.ts';
import type { Kernels } from '../../src/nn/kernels/kernels.ts';
import { createNativeKernels, type NativeAddon } from '../../src/nn/kernels/native.ts';
import { logarithmOf } from '../../src/nn/kernels/simd.ts';
import { elementwiseActivations } from '../../src/nn/model/activations.ts';
import { projectRoot } from '../../src/paths.ts';
import { fused, strict } from '../support/kernels.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type RunningProcess, startApi, startWorkerProcess } from '../support/processes.ts';
import { ended, hashesOf } from '../support/searches.ts';

const run = promisify(execFile);
const compiler = ['cc', 'gcc', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0);

const optimizers = ['sgd', 'momentum', 'nesterov', 'adagrad', 'rmsprop', 'adam'] as const;

/** Networks of every activation, optimizer and normalization, on rows of several widths. */
function tasks(): TrialTask[] {
  return [...elementwiseActivations, 'maxout' as const].flatMap((activation, i) =>
    [true, false].map((batchNorm, j): TrialTask => {
      const name = ['digits', 'moons', 'diabetes'][(i + j) % 3]!;
      const dataset = loadBuiltin(name, join(projectRoot, 'datasets'))!;
      const own = { activation, batchNorm, optimizer: optimizers[(i + 3 * j) % 6]!, dropout: i % 2 === 0 ? 0.2 : 0 };
      const clip = i % 3 === 0 ? { clipNorm: 1 } : {};
      return {
        settings: settingsOf(
          {
            ...fallbacks,
            ...own,
            ...clip,
            hiddenUnits: 37,
            hiddenLayers: 2,
            batchSize: 50,
            epochs: 3,
            learningRate: 0.01,
            l2: 1e-4,
          },
          {},
        ),
        dataset,
        validation: { type: 'holdout', fraction: 0.25 },
        metric: 'validationLoss',
        direction: 'minimize',
        divergence: true,
        seed: 3,
        trial: i,
      };
    }),
  );
}

async function hashes(name: KernelsName): Promise<string[]> {
  const core = createInlineCore(name);
  const all: string[] = [];
  for (const task of tasks()) all.push(resultOf(await core.run(task)).resultHash);
  return all;
}

describe.skipIf(strict.length === 0)('whole training runs', () => {
  it('give the hashes of WebAssembly on every kind of vectors, and fused ones one hash of their own', async () => {
    const wanted = await hashes('simd');
    expect(new Set(wanted).size).toBe(wanted.length);
    for (const [name] of strict) expect(await hashes(name), name).toEqual(wanted);
    const [first, ...others] = fused;
    if (first === undefined) return;
    const own = await hashes(first[0]);
    expect(own).not.toEqual(wanted);
    for (const [name] of others) expect(await hashes(name), name).toEqual(own);
  });
});

describe.skipIf(strict.length === 0)('a search', () => {
  let database: TestDatabase;
  let api: RunningProcess & { readonly url: string };
  let client: ApiClient;
  let environment: Record<string, string>;
  beforeAll(async () => {
    database = await createTestDatabase();
    environment = { DATABASE_URL: database.url, HYPERSEARCH_THREADS: '1' };
    api = await startApi(environment);
    client = createClient(api.url);
  });
  afterAll(async () => {
    await api?.end();
    await database?.drop();
  });

  const specification = {
    dataset: 'digits',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' },
      activation: { distribution: 'categorical', choices: ['relu', 'elu', 'tanh'] },
      batchNorm: { distribution: 'categorical', choices: [true, false] },
      hiddenLayers: 2,
      hiddenUnits: 128,
      epochs: 18,
    },
    sampler: { type: 'random', seed: 7 },
    budget: { trials: 24 },
    // Trials go on from their rungs, on whichever worker is free. They are large enough to be in many jobs: tiny trials
    // share one, and one worker would train them all.
    pruner: { type: 'successiveHalving', minEpochs: 2, reductionFactor: 3 },
  };
  const workersOf = async (id: string) => {
    const numbers = Array.from({ length: 24 }, (_, number) => number);
    return new Set((await Promise.all(numbers.map((number) => client.trial(id, number)))).map(({ worker }) => worker))
      .size;
  };
  const searched = async (kernels: readonly string[]) => {
    const workers = await Promise.all(
      kernels.map((name) => startWorkerProcess({ ...environment, HYPERSEARCH_KERNELS: name })),
    );
    const { id } = await client.create(specification);
    await ended(client, id);
    await Promise.all(workers.map((worker) => worker.end()));
    return { hashes: await hashesOf(client, id), workers: await workersOf(id) };
  };

  it('spread over a worker with machine code and one with WebAssembly hashes like one on either', async () => {
    const wasm = await searched(['simd']);
    expect(Object.keys(wasm.hashes).length).toBeGreaterThan(1);
    expect((await searched(['native'])).hashes).toEqual(wasm.hashes);
    let workers = 0;
    // A worker may be so quick that nothing is left for the other.
    for (let search = 0; search < 5 && workers < 2; search++) {
      const both = await searched(['simd', 'native']);
      expect(both.hashes).toEqual(wasm.hashes);
      workers = both.workers;
    }
    expect(workers).toBe(2);
  });
});

describe('set-up', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hypersearch-native-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('goes on with WebAssembly where there is no C compiler, or one that fails, and says so', async () => {
    const { CC: _, ...others } = process.env;
    const said = async (env: NodeJS.ProcessEnv) => {
      const program = `import { nativeKernels } from './scripts/native-kernels.mjs';
        console.log(await nativeKernels('.', ${JSON.stringify(folder)}).build());`;
      const args = ['--input-type=module', '--eval', program];
      return (await run(process.execPath, args, { cwd: projectRoot, env: { ...others, PATH: folder, ...env } })).stdout;
    };
    expect(await said({})).toBe('Kernels: WebAssembly, since there is no C compiler (cc, gcc, clang, zig cc).\n');
    // Node answers --version, and compiles nothing.
    expect(await said({ CC: process.execPath })).toMatch(
      /^Kernels: WebAssembly, since v\d+\.\S+ could not compile kernels\/native: /,
    );
    const record = JSON.parse(await readFile(join(folder, 'native.json'), 'utf8')) as object;
    expect(record).toMatchObject({ key: expect.any(String), missing: expect.any(String) });
  });
});

/** gcc's and clang's; a machine may have the compiler without them. */
async function sanitized(flags: readonly string[], folder: string): Promise<string | undefined> {
  const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  const program = join(folder, `check${flags.join('')}`);
  const empty = ['-x', 'c', ...sanitizers, '-o', join(folder, 'empty'), '-'];
  const there = spawnSync(compiler!, empty, { input: 'int main(void) { return 0; }' });
  if (there.status !== 0 || spawnSync(join(folder, 'empty')).status !== 0) return undefined;
  const source = join(projectRoot, 'kernels/native/check.c');
  await run(compiler!, ['-std=c11', '-O1', '-g', '-ffp-contract=off', ...sanitizers, ...flags, source, '-o', program]);
  return (await run(program, ['40', '100'])).stdout;
}

describe.skipIf(compiler === undefined)('under the address and undefined-behaviour sanitizers', () => {
  const kinds: Readonly<Record<string, readonly string[]>> = {
    avx512: ['-mavx2', '-mfma', '-mavx512f', '-mavx512bw', '-mavx512cd', '-mavx512dq', '-mavx512vl'],
    avx2: ['-mavx2', '-mfma'],
    sse2: [],
  };
  const here = strict.map(([name]) => name.replace('native:', '')).filter((kind) => Object.hasOwn(kinds, kind));
  it.each(here)(
    '%s vectors touch nothing outside their arrays',
    async (kind) => {
      const folder = await mkdtemp(join(tmpdir(), 'hypersearch-sanitized-'));
      try {
        const said = await sanitized(kinds[kind]!, folder);
        if (said !== undefined) expect(said).toMatch(/^220 shapes with (4|8|16) lanes\n$/);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    120_000,
  );
});

describe.skipIf(compiler === undefined)('a build with checks', () => {
  let folder: string;
  let checked: () => Kernels;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hypersearch-checked-'));
    const program = `import { nativeKernels } from './scripts/native-kernels.mjs';
      console.log(await nativeKernels(process.cwd(), ${JSON.stringify(folder)}).build());`;
    const options = { cwd: projectRoot, env: { ...process.env, HYPERSEARCH_CHECKED: '1' } };
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], options);
    expect(stdout).toMatch(/^Kernels: compiled to machine code by .*, with checks of every address\.\n$/);
    const { file } = JSON.parse(await readFile(join(folder, 'native.json'), 'utf8')) as { file: string };
    const addon = createRequire(import.meta.url)(join(folder, file)) as NativeAddon;
    const log = logarithmOf(compileKernels('simd').module!);
    checked = () => createNativeKernels('simd', addon, { kind: addon.kinds[0]!, fused: false, log });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('trains as one without', async () => {
    const kernels = checked();
    const limits = { interrupted: () => false, memoryLimit: Number.POSITIVE_INFINITY };
    const own = tasks().map((task) => resultOf(runInline(kernels, task, () => undefined, limits)).resultHash);
    expect(own).toEqual(await hashes('simd'));
  });

  it('refuses an array outside the arena, and names the kernel and the array', () => {
    const [N, D, H] = [3, 5, 4];
    const kernels = checked();
    kernels.reset(2 ** 16);
    const matrix = () => kernels.allocateMatrix(8, 8);
    const vector = () => kernels.allocate(8);
    const integers = (...values: number[]) => {
      const made = kernels.allocateIntegers(N);
      made.set(values);
      return made;
    };
    const good = integers(0, 1, 2);
    // The arena has whole megabytes.
    const beyond = new Float32Array(new ArrayBuffer(2 ** 20 + 64), 2 ** 20, 16);
    // It begins within, and ends beyond.
    const last = new Float32Array(new ArrayBuffer(2 ** 20), 2 ** 20 - 64, 16);

    kernels.denseForward(matrix(), matrix(), undefined, matrix(), N, D, H);
    kernels.gather(matrix(), good, 0, matrix(), N, D);
    const calls: readonly (readonly [message: RegExp, call: () => void])[] = [
      [
        /^denseForward: weight is outside: bytes 1048576 to /,
        () => kernels.denseForward(matrix(), beyond, vector(), matrix(), N, D, H),
      ],
      [
        /^denseForward: z is outside: bytes 1048512 to 1048608 of an arena of 1048576$/,
        () => kernels.denseForward(matrix(), matrix(), undefined, last, N, D, H),
      ],
      [/^denseForward: bias is outside/, () => kernels.denseForward(matrix(), matrix(), beyond, matrix(), N, D, H)],
      [
        /^denseForward: x has a negative size/,
        () => kernels.denseForward(matrix(), matrix(), undefined, matrix(), -N, D, H),
      ],
      [
        /^denseBackwardParameters: dWeight is outside/,
        () => kernels.denseBackwardParameters(matrix(), matrix(), beyond, undefined, N, D, H),
      ],
      [/^denseBackwardInput: dx is outside/, () => kernels.denseBackwardInput(matrix(), matrix(), beyond, N, D, H)],
      [/^activationForward: a is outside/, () => kernels.activationForward('relu', 0, matrix(), beyond, N, H)],
      [
        /^activationBackward: da is outside/,
        () => kernels.activationBackward('relu', 0, matrix(), matrix(), beyond, matrix(), N, H),
      ],
      [/^maxoutForward: z is outside/, () => kernels.maxoutForward(last, matrix(), N, H)],
      [/^maxoutBackward: dz is outside/, () => kernels.maxoutBackward(matrix(), matrix(), last, N, H)],
      [
        /^dropoutMask: mask is outside/,
        () => kernels.dropoutMask(beyond, 9, { c1: 1, c2: 2, c3: 3, key0: 4, key1: 5 }, N, H),
      ],
      [/^multiply: y is outside/, () => kernels.multiply(matrix(), beyond, matrix(), N, H)],
      [/^meanSquaredError: targets is outside/, () => kernels.meanSquaredError(matrix(), beyond, matrix(), N, H)],
      [/^binaryCrossEntropy: dOutputs is outside/, () => kernels.binaryCrossEntropy(matrix(), matrix(), beyond, N, H)],
      [
        /^softmaxCrossEntropy: labels has a label that is no class/,
        () => kernels.softmaxCrossEntropy(matrix(), integers(0, H, 1), matrix(), N, H),
      ],
      [
        /^countCorrect: labels has a label that is no class/,
        () => kernels.countCorrect(matrix(), integers(0, -1, 1), N, H),
      ],
      [/^gather: order has a negative row/, () => kernels.gather(matrix(), integers(0, -1, 2), 0, matrix(), N, D)],
      [/^gather: from is outside/, () => kernels.gather(matrix(), integers(0, 1, 2 ** 20), 0, matrix(), N, D)],
      [/^gather: to is outside/, () => kernels.gather(matrix(), good, 0, beyond, N, D)],
      [/^spread: a is outside/, () => kernels.spread(last, N, H, -1, 1)],
      [/^sumOfSquares: x is outside/, () => kernels.sumOfSquares(last, 17)],
      [/^scale: x is outside/, () => kernels.scale(last, 2, 17)],
      [/^addScaled: y is outside/, () => kernels.addScaled(matrix(), 2, beyond, 8)],
      [/^updateSgd: g is outside/, () => kernels.updateSgd(matrix(), beyond, 8, 0.1)],
      [/^updateMomentum: v is outside/, () => kernels.updateMomentum(matrix(), matrix(), beyond, 8, 0.1, 0.9, false)],
      [/^updateBySquares: s is outside/, () => kernels.updateAdagrad(matrix(), matrix(), beyond, 8, 0.1, 1e-8)],
      [
        /^updateAdam: m is outside/,
        () =>
          kernels.updateAdam(
            matrix(),
            matrix(),
            beyond,
            matrix(),
            8,
            0.1,
            { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
            1,
            1,
          ),
      ],
    ];
    for (const [message, call] of calls) expect(call, String(message)).toThrow(message);
    kernels.scale(last, 2, 16);
  });
});
