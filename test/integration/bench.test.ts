/** The benchmarks run, on next to nothing, and say what they are asked to say. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectRoot } from '../../src/paths.ts';
import { run } from '../support/processes.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts';

let temporary: TemporaryFolder;
beforeAll(async () => {
  temporary = await temporaryFolder();
});
afterAll(() => temporary?.remove());

async function bench(name: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
  const started = run(process.execPath, [join(projectRoot, 'dist', 'bench', `${name}.js`), ...args], {
    DATABASE_URL: '',
    REDIS_URL: '',
  });
  await new Promise((resolve) => started.child.once('close', resolve));
  return { code: started.child.exitCode, output: started.output() };
}

const lines = (output: string): unknown[] =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

async function tinyData(): Promise<string> {
  const tiny = {
    n: 6,
    sizes: [2, 4, 3],
    act: 'tanh',
    batch: 4,
    opt: 'momentum',
    lr: 0.1,
    bn: true,
    epochs: 2,
    reps: 3,
  };
  await writeFile(join(temporary.path, 'workloads.json'), JSON.stringify({ tiny, other: { ...tiny, bn: false } }));
  for (const name of ['tiny', 'other']) {
    await writeFile(
      join(temporary.path, `${name}.x`),
      new Uint8Array(Float32Array.from({ length: 12 }, (_, i) => i / 12).buffer),
    );
    await writeFile(join(temporary.path, `${name}.y`), new Uint8Array(Int32Array.of(0, 1, 2, 0, 1, 2).buffer));
  }
  return temporary.path;
}

it('bench:training gives a line of JSON for every workload, or a table', async () => {
  const folder = await tinyData();
  const { code, output } = await bench('training', '--data', folder, '--json', 'tiny');
  expect(code, output).toBe(0);
  expect(lines(output)).toEqual([
    {
      peer: 'hypersearch',
      kernels: 'simd',
      workload: 'tiny',
      epoch_ms: expect.any(Number),
      samples_per_s: expect.any(Number),
      gflops: expect.any(Number),
      min_ms: expect.any(Number),
      reps: 3,
      loss: expect.any(Number),
      node: process.version,
    },
  ]);
  const table = await bench('training', '--data', folder);
  expect(table.output).toMatch(/tiny +\d.*\nother +\d/);
  const wrong = await bench('training', '--data', folder, '--kernels', 'quick');
  expect(wrong.code).toBe(1);
  expect(wrong.output).toMatch(/^--kernels must be one of .*plain.*, got quick\n$/);
});

it('bench:products measures every product of the workloads, and what there is to reach', async () => {
  const { code, output } = await bench('products', '--times', '2', '--json');
  expect(code, output).toBe(0);
  const [head, ...products] = lines(output);
  const implementation = expect.stringMatching(/^(native code|WebAssembly)/);
  expect(head).toEqual({ kernels: 'simd', implementation, node: process.version, peak: expect.any(Number) });
  expect(products).toHaveLength(12);
  expect(products).toContainEqual({
    workload: 'w2',
    batch: 64,
    inputs: 64,
    units: 128,
    forward: expect.any(Number),
    parameters: expect.any(Number),
    input: expect.any(Number),
  });
});

it('bench:peers goes on without peers, and says which are missing', async () => {
  const { code, output } = await bench(
    'peers',
    '--data',
    await tinyData(),
    '--rounds',
    '1',
    '--python',
    'no-such-python',
  );
  expect(code, output).toBe(0);
  expect(output).toMatch(/not compared: PyTorch \(no-such-python cannot import it\)\nnot compared: scikit-learn/);
  expect(output).toMatch(/tiny +\d/);
});

it('bench:search sends its trials through the whole service', async () => {
  const file = join(temporary.path, 'trials.json');
  const trials = [[4], [4, 3], [2], [2, 2], [5]].map((hidden, seed) => ({
    hidden,
    lr: 0.01,
    batch: 64,
    epochs: 1,
    seed,
  }));
  await writeFile(file, JSON.stringify(trials));
  const { code, output } = await bench(
    'search',
    '--trials',
    file,
    '--passes',
    '1',
    '--threads',
    '1',
    '--kernels',
    'plain',
    '--json',
  );
  expect(code, output).toBe(0);
  expect(lines(output)).toEqual([
    {
      peer: 'hypersearch',
      workload: 'w2-search',
      trials: 5,
      trials_per_s: expect.any(Number),
      ms_per_trial: expect.any(Number),
      mean_acc: expect.any(Number),
      kernels: 'plain',
      threads: 1,
      loop_delay_ms: expect.any(Number),
    },
  ]);
});

it('bench:samplers gives the regret and the CPU time of proposals, a line of JSON for each', async () => {
  const { code, output } = await bench(
    'samplers',
    '--seeds',
    '1',
    '--trials',
    '20,40',
    '--proposals',
    '3',
    '--json',
    'tpe',
  );
  expect(code, output).toBe(0);
  const times = lines(output).filter((line) => Object.hasOwn(line as object, 'cpu_ms'));
  expect(times.slice(0, 2)).toEqual(
    [20, 40].map((trials) => ({ side: 'hypersearch', trials, proposals: 3, cpu_ms: expect.any(Number) })),
  );
});

it('bench:confirm evaluates every way of choosing on test rows', async () => {
  const few = ['--seeds', '1', '--trials', '6', '--finalists', '3', '--repeats', '2', '--networks', '1', 'wine'];
  const { code, output } = await bench('confirm', ...few, '--json');
  expect(code, output).toBe(0);
  const ways = ['none', 'successiveRejects', 'sequentialHalving', 'all'];
  expect(lines(output)).toEqual(
    ['fixed', 'reshuffled'].flatMap((split) =>
      ways.map((way) => expect.objectContaining({ dataset: 'wine', split, way, seed: 0, test: expect.any(Number) })),
    ),
  );
  const wrong = await bench('confirm', 'beer');
  expect(wrong.code).toBe(1);
  expect(wrong.output).toMatch(/^there is no beer; there are digits/);
});

it('bench:memory reads the memory of a worker as its trials end', async () => {
  // Of so few trials the growth is that of a process that starts, so the exit code says nothing.
  const { output } = await bench('memory', '--trials', '40', '--threads', '1', '--json');
  const all = lines(output);
  expect(all.at(-1)).toEqual({ measure: 'growth', from: 2, to: 40, share: expect.any(Number) });
  expect(all.at(-2)).toEqual({ measure: 'worker memory', threads: 1, trials: 40, mb: expect.any(Number) });
});

it('bench:estimates measures how long searches take beside their estimates', async () => {
  const { code, output } = await bench('estimates', '--times', '1', '--json', 'two stages', 'three stages');
  expect(code, output).toBe(0);
  const [estimate, seconds, ratio] = [expect.any(Number), expect.any(Number), expect.any(Number)];
  expect(lines(output)).toEqual([
    { measure: 'estimate', search: 'two stages', fitted: true, estimate, seconds, ratio },
    { measure: 'estimate', search: 'three stages', fitted: false, estimate, seconds, ratio },
  ]);
  expect((await bench('estimates', 'nothing')).output).toMatch(/^there is no nothing; there are tiny trials/);
});

it('bench:predict measures predictions of two data sets, as JSON and as CSV', async () => {
  const { code, output } = await bench('predict', '--rows', '20', '--times', '2', '--json');
  expect(code, output).toBe(0);
  const [medianMs, leastMs, kb] = [expect.any(Number), expect.any(Number), expect.any(Number)];
  const row = (dataset: string, columns: number, body: string) => ({
    ...{ measure: 'predict', service: expect.stringMatching(/^http:/), dataset, columns, body, rows: 20, kb },
    ...{ medianMs, leastMs, parseMs: body === 'JSON' ? expect.any(Number) : null },
  });
  expect(lines(output)).toEqual([
    row('digits', 64, 'JSON'),
    row('digits', 64, 'CSV'),
    row('iris', 4, 'JSON'),
    row('iris', 4, 'CSV'),
  ]);
  const wrong = await bench('predict', '--rows', 'many');
  expect(wrong.code).toBe(1);
  expect(wrong.output).toBe('--rows must be a whole number from 1 on, got many\n');
  const nowhere = await bench('predict', '--url', 'http://127.0.0.1:9', '--rows', '20');
  expect(nowhere.code).toBe(1);
});

it('bench:files compares a Parquet file with its CSV', async () => {
  const { code, output } = await bench('files', '--rows', '50', '--rounds', '1', '--json');
  expect(code, output).toBe(0);
  const numbers = { rows: 50, seconds: expect.any(Number), ratio: expect.any(Number) };
  expect(lines(output)).toMatchObject([
    { request: 'preview', ...numbers },
    { request: 'store', ...numbers },
  ]);
});
