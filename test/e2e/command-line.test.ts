/** The command line as a person uses it: the demo, and the small client against a service that is up. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/paths.ts';
import { freePort, main, run, startApi } from '../support/processes.ts';
import { ended, lasting } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts';

let temporary: TemporaryFolder;
let folder: string;
let service: TestService;
beforeAll(async () => {
  temporary = await temporaryFolder();
  folder = temporary.path;
  service = await startTestService();
});
afterAll(async () => {
  await service?.close();
  await temporary.remove();
});

async function hypersearch(...args: string[]): Promise<{ code: number | null; output: string }> {
  const process_ = run(process.execPath, [main, ...args], { HYPERSEARCH_URL: service.url });
  await new Promise((resolve) => process_.child.once('close', resolve));
  return { code: process_.child.exitCode, output: process_.output() };
}

it('import: the specification of a file of another tool on standard output, what became of it on standard error', async () => {
  const file = join(folder, 'sweep.yaml');
  await writeFile(
    file,
    'method: grid\nparameters:\n  my_rate: {values: [0.1, 0.2]}\n  epochs: {value: 1}\n  foo: {value: 3}\n',
  );
  const imported = await hypersearch(
    'import',
    file,
    '--dataset',
    'iris',
    '--name',
    'my_rate=learningRate',
    '--name',
    'foo=',
  );
  expect(imported.code, imported.output).toBe(0);
  expect(imported.output).toContain('detected format wandb-sweep\n  my_rate → learningRate: 0.1, 0.2\n');
  expect(imported.output).toContain('foo: the mapping leaves it out');
  const specification = join(folder, 'imported.json');
  await writeFile(specification, imported.output.slice(imported.output.indexOf('{')));
  const submitted = await hypersearch('submit', specification);
  expect(submitted.output).toContain('iris, grid: 2 trials');
  await writeFile(file, Buffer.from('\ufeffmethod: grid\nparameters:\n  lr: {values: [0.1, 0.2]}\n', 'utf16le'));
  expect((await hypersearch('import', file)).output).toContain('lr → learningRate: 0.1, 0.2\n');
  await writeFile(file, 'method: grid\nparameters: {lr: [1, 2}\n');
  const damaged = await hypersearch('import', file);
  expect(damaged.code).toBe(1);
  expect(damaged.output).toContain('text (line 2, column 23): is not YAML');
});

it('import --trials: stores the finished trials of a file of another tool, and prints the id of their search', async () => {
  const file = join(folder, 'study.csv');
  await writeFile(
    file,
    'number,value,params_lr,params_depth_of_trees,state\n0,0.5,0.1,3,COMPLETE\n1,0.25,0.2,4,COMPLETE\n',
  );
  const asked = await hypersearch('import', file, '--trials');
  expect(asked.code).toBe(1);
  expect(asked.output).toContain('direction: the file does not say whether value is to be minimized or maximized');
  const stored = await hypersearch('import', file, '--trials', '--direction', 'minimize', '--name', 'lr=l2');
  expect(stored.code, stored.output).toBe(0);
  expect(stored.output).toContain('detected format optuna-csv: 2 complete trials');
  expect(stored.output).toContain('minimize value, the best is 0.25 (trial 1)\n  lr → l2: float 0.1 to 0.2\n');
  const id = /^[0-9a-f-]{36}$/m.exec(stored.output)![0];
  expect(await service.client.search(id)).toMatchObject({
    name: 'study.csv',
    state: 'complete',
    best: { value: 0.25 },
  });
  expect((await hypersearch('show', id)).output).toContain('study.csv');
});

it('npm run demo: dozens of networks on an embedded Postgres, the best ones, and an exit code of 0', async () => {
  const demo = run(process.execPath, [main, 'demo'], {
    HYPERSEARCH_DATA: join(folder, 'data'),
    DATABASE_URL: '',
    REDIS_URL: '',
  });
  await new Promise((resolve) => demo.child.once('close', resolve));
  const output = demo.output();
  expect(demo.child.exitCode, output).toBe(0);
  expect(output).toMatch(/40 trials trained in/);
  const best = Number(/best\s+validationAccuracy ([\d.]+)/.exec(output)?.[1]);
  expect(best).toBeGreaterThan(0.96);
  expect(output).toMatch(/error +diverged: \d+ of 40 trials\n +trial \d+: In epoch/);
  expect(output).toMatch(/npm run hypersearch -- replay [0-9a-f-]{36} \d+/);
  // From there to predictions, with no service running: a command starts one for itself.
  const alone = async (...args: string[]) => {
    const port = String(await freePort());
    const environment = { HYPERSEARCH_DATA: join(folder, 'data'), HYPERSEARCH_PORT: port, HYPERSEARCH_URL: '' };
    const command = run(process.execPath, [main, ...args], { ...environment, DATABASE_URL: '', REDIS_URL: '' });
    await new Promise((resolve) => command.child.once('close', resolve));
    return { code: command.child.exitCode, output: command.output() };
  };
  const made = await alone('model', 'best', '--out', join(folder, 'best'));
  expect(made.code, made.output).toBe(0);
  expect(made.output).toMatch(/^most important columns: pixel\S+ \(0\.\S+ ± \S+\), /m);
  const rows = join(folder, 'rows.csv');
  await writeFile(rows, await service.client.csv('digits'));
  const predicted = await alone('predict', join(folder, 'best', 'model.json'), rows);
  expect(predicted.code, predicted.output).toBe(0);
  expect(predicted.output.match(/^\d,/gm)).toHaveLength(1797);
}, 180_000);

it('watch ends when its search was deleted while the service was away', async () => {
  const port = String(await freePort());
  const own = { DATABASE_URL: service.databaseUrl, HYPERSEARCH_PORT: port };
  const before = await startApi(own);
  const { id } = await service.client.create(lasting(100, 1000));
  const watch = run(process.execPath, [main, 'watch', id], { HYPERSEARCH_URL: before.url });
  await watch.prints(/^trial +\d+ +validationAccuracy/m);
  await before.end();
  await fetch(`${service.url}/v1/searches/${id}`, { method: 'DELETE' });
  const closed = new Promise((resolve) => watch.child.once('close', resolve));
  const after = await startApi(own);
  try {
    await closed;
    expect(watch.child.exitCode).toBe(1);
    expect(watch.output()).toContain(`there is no search ${id}`);
  } finally {
    await watch.end('SIGKILL');
    await after.end();
  }
}, 60_000);

it('best and show say the value of the best in the search, and the confirmed one; its runs are no trials', async () => {
  const file = join(folder, 'confirmed.json');
  await writeFile(file, JSON.stringify(lasting(100, 4, { confirm: { trials: 3, repeats: 2 } })));
  const watched = await hypersearch('submit', file, '--watch');
  expect(watched.code, watched.output).toBe(0);
  expect(watched.output.match(/^trial +\d+ +validationAccuracy/gm)).toHaveLength(4);
  expect(watched.output).toMatch(/^confirms trial \d, repetition 1 +validationAccuracy/m);
  const said =
    /Trial \d: [\d.]+ in the search, confirmed [\d.]+( ± [\d.]+)?; best of 3 finalists with probability [\d.]+\./;
  const id = /[0-9a-f-]{36}/.exec(watched.output)![0];
  for (const command of ['best', 'show']) expect((await hypersearch(command, id)).output).toMatch(said);
  const { number } = (await service.client.confirmation(id)).finalists[0]!.trials[0]!;
  expect((await hypersearch('replay', id, String(number))).output).toMatch(/the same, bit for bit/);
}, 60_000);

describe('the client', () => {
  let id: string;

  it('submits a file and watches to the end', async () => {
    const file = join(folder, 'search.json');
    // Long enough that none ends before it is watched, on a busy machine too.
    await writeFile(file, JSON.stringify(lasting(400, 6)));
    const { code, output } = await hypersearch('submit', file, '--watch');
    expect(code, output).toBe(0);
    id = /[0-9a-f-]{36}/.exec(output)![0];
    expect(output.match(/^trial +\d+ +validationAccuracy/gm)).toHaveLength(6);
    expect(output).toMatch(/state +complete/);
  });

  it('lists, shows, and ranks', async () => {
    expect((await hypersearch('list')).output).toContain(id);
    expect((await hypersearch('show', id)).output).toMatch(/trials +6 of 6 \(6 complete\)/);
    const { output } = await hypersearch('best', id, '--limit', '3');
    expect(output.match(/^\d+ +\d+ +[\d.]+ /gm)).toHaveLength(3);
    expect(output).toMatch(/learningRate/);
  });

  it('exports CSV', async () => {
    const { output } = await hypersearch('export', id, '--format', 'csv');
    expect(output.trim().split('\n')).toHaveLength(7);
    expect(output).toMatch(/^number,state,value/);
  });

  it('replays a trial to the same bits', async () => {
    const { code, output } = await hypersearch('replay', id, '2');
    expect(output).toMatch(/the same, bit for bit/);
    expect(code).toBe(0);
  });

  it('replays a trial of a later stage, with its epochs and its folds', async () => {
    const search = await service.client.create({
      dataset: 'iris',
      stages: [
        { epochs: 1, trials: 3 },
        { epochs: 3, trials: 2, validation: { type: 'kFold', folds: 3 } },
      ],
    });
    await ended(service.client, search.id);
    const { code, output } = await hypersearch('replay', search.id, '4');
    expect(output).toMatch(/the same, bit for bit/);
    expect(code).toBe(0);
  });

  it('tells of what repeats itself, when it is sent and when it is shown', async () => {
    const file = join(folder, 'repeating.json');
    await writeFile(file, JSON.stringify({ dataset: 'iris', hyperparameters: { epochs: 1 }, budget: { trials: 4 } }));
    const sent = await hypersearch('submit', file);
    expect(sent.output).toMatch(/warning +hyperparameters: nothing varies: all 4 trials/);
    const shown = await hypersearch('show', /[0-9a-f-]{36}/.exec(sent.output)![0]);
    expect(shown.output).toMatch(/warning +hyperparameters: nothing varies/);
  });

  it('makes a model, writes its files, and predicts with it, with and without the service', async () => {
    const search = await service.client.create({ ...lasting(20, 3), dataset: 'wine', validation: { test: 0.2 } });
    await ended(service.client, search.id);
    const out = join(folder, 'model');
    const { code, output } = await hypersearch('model', search.id, '--out', out);
    expect(code, output).toBe(0);
    expect(output).toMatch(/^validationAccuracy: validation \S+, test \S+ \[0\.\S+, \S+\] on 3[56] rows$/m);
    const [model] = /[0-9a-f-]{36}/.exec(output)!;
    for (const file of ['model.onnx', 'model.safetensors', 'model.json', 'predict.mjs']) {
      expect(output).toContain(join(out, file));
    }
    expect((await hypersearch('models')).output).toContain(model);
    const rows = join(folder, 'wine.csv');
    await writeFile(rows, await service.client.csv('wine'));
    const served = await hypersearch('predict', model, rows);
    expect(served.code, served.output).toBe(0);
    // Beside the warnings: validation rows may be outside of the range of the training rows.
    const linesOf = (text: string) =>
      text
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('warning: '));
    const lines = linesOf(served.output);
    expect(lines[0]).toMatch(/^label,probability of \S+,.*,spread$/);
    expect(lines).toHaveLength(1 + 178);
    const local = await hypersearch('predict', join(out, 'model.json'), rows);
    expect(linesOf(local.output)).toEqual(lines);
    const refit = await hypersearch('model', search.id, '--refit');
    expect(refit.output).toMatch(/trained on all rows but the test rows for \d+ epochs/);
    await writeFile(rows, Buffer.from(`\ufeff${await service.client.csv('wine')}`, 'utf16le'));
    for (const of of [model, join(out, 'model.json')]) {
      expect(linesOf((await hypersearch('predict', of, rows)).output)).toEqual(lines);
    }
    const ensemble = await hypersearch('model', search.id, '--ensemble', '3');
    expect(ensemble.output).toMatch(
      /^(?:the mean of trials .*, .*|trial \d+ alone: no other trial improves it)\n.* rows that were not used to select the trials; the best trial alone/m,
    );
    await writeFile(rows, 'alcohol\nstrong\n');
    const refused = await hypersearch('predict', model, rows);
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('there is no column');
  });

  it('cancels', async () => {
    const long = await service.client.create(lasting(5000, 50));
    const { code, output } = await hypersearch('cancel', long.id);
    expect([code, /state +cancelled/.test(output)]).toEqual([0, true]);
  });

  it('checks the networks of an example, begins it, and tells what is found', async () => {
    const file = join(projectRoot, 'examples', 'zero-initialization.json');
    const { code, output } = await hypersearch('preflight', file);
    expect(output).toMatch(/2 hidden layers \(50, 50\), relu, zeros, standardize, as in trial 0\n.*loss is 2\.3/);
    expect(output).toMatch(/FAILED +The network cannot overfit 20 rows/);
    expect(output).toMatch(/error +cannot overfit: /);
    expect(code).toBe(1);
    const watched = await hypersearch('submit', file, '--watch');
    expect(watched.output).toMatch(/^trial +0 +validationAccuracy .*symmetric weights/m);
    const findings = await hypersearch('findings', /[0-9a-f-]{36}/.exec(watched.output)![0]);
    expect(findings.output).toMatch(/error +symmetric weights: 1 of 2 trials\n +trial 0: All 50 units/);
  });

  it('tells what is wrong, where, and ends with 1', async () => {
    const file = join(folder, 'wrong.json');
    await writeFile(file, '{"dataset":"digits","budget":{"trials":0},"hyperparameters":{"l2":-1}}');
    const { code, output } = await hypersearch('submit', file);
    expect(code).toBe(1);
    expect(output).toMatch(/budget\.trials: must be at least 1, got 0/);
    expect(output).toMatch(/hyperparameters\.l2: must be at least 0, got -1/);
    expect(output).not.toMatch(/at .*\.js/);
    expect((await hypersearch('show', 'nope')).code).toBe(1);
    expect((await hypersearch('dance')).code).toBe(2);
  });
});

it('what-if shows the best setting of each pruner', async () => {
  const { id } = await service.client.create({
    dataset: 'iris',
    hyperparameters: { learningRate: { distribution: 'float', low: 1e-4, high: 0.3, scale: 'log' }, epochs: 6 },
    budget: { trials: 12 },
  });
  await ended(service.client, id);
  const { code, output } = await hypersearch('what-if', id);
  expect(code, output).toBe(0);
  for (const rule of ['median', 'percentile', 'successiveHalving', 'asha', 'hyperband', 'patience'])
    expect(output).toMatch(new RegExp(`^${rule} +\\w+ \\d+ +[\\d.]+ %`, 'm'));
  expect(output).toContain('Replayed: 12 complete trials of stage 1.');
  const few = await service.client.create({ dataset: 'iris', hyperparameters: { epochs: 1 }, budget: { trials: 2 } });
  await ended(service.client, few.id);
  expect((await hypersearch('what-if', few.id)).output).toContain('median: Too few trials can be replayed');
});

it('keys: created before the first start, listed, revoked; the other commands use one', async () => {
  const port = String(await freePort());
  const environment = {
    ...{ HYPERSEARCH_DATA: join(folder, 'keys'), HYPERSEARCH_PORT: port, HYPERSEARCH_URL: '' },
    ...{ DATABASE_URL: '', REDIS_URL: '' },
  };
  const alone = async (args: string[], more: Record<string, string> = {}) => {
    const command = run(process.execPath, [main, ...args], { ...environment, ...more });
    await new Promise((resolve) => command.child.once('close', resolve));
    return { code: command.child.exitCode, output: command.output() };
  };
  expect(await alone(['keys', 'create', 'Ada'])).toMatchObject({
    code: 1,
    output: expect.stringMatching(/usage.*--role/),
  });
  const created = await alone(['keys', 'create', 'Ada', '--role', 'admin']);
  expect(created.code, created.output).toBe(0);
  const [key] = /hs_\S+/.exec(created.output) ?? [];
  // Beyond loopback, as it has a key now.
  const server = run(process.execPath, [main, 'start'], { ...environment, HYPERSEARCH_HOST: '0.0.0.0' });
  await server.prints(/is ready/);
  const refused = await alone(['list']);
  expect(refused).toMatchObject({ code: 1, output: expect.stringMatching(/An API key is needed/) });
  const listed = await alone(['keys', 'list'], { HYPERSEARCH_KEY: key! });
  expect(listed.output).toMatch(/Ada +admin/);
  expect((await alone(['list'], { HYPERSEARCH_KEY: key! })).code).toBe(0);
  const [id] = /[0-9a-f-]{36}/.exec(listed.output) ?? [];
  expect((await alone(['keys', 'revoke', id!], { HYPERSEARCH_KEY: key! })).code).toBe(0);
  expect((await alone(['list'], { HYPERSEARCH_KEY: key! })).output).toMatch(/An API key is needed/);
  server.child.kill('SIGTERM');
  await new Promise((resolve) => server.child.once('close', resolve));
});
