/**
 * npm run bench:predict: how long predictions take through REST. A model of the default network predicts rows of its data set, repeated; a client
 * in another process sends them, and measures from the request to the last byte of the answer.
 *
 *   npm run bench:predict -- [--rows 10000] [--times 15] [--json]
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { ApiClient } from '../src/cli/api-client.ts';
import { projectRoot } from '../src/paths.ts';
import { countFrom, median, rounded, runBench, tableOf } from './parts/report.ts';
import { temporarily } from './parts/temporary.ts';
import { runToCompletion, withClient } from './parts/through-service.ts';

/** The first requests compile the code and start the thread. */
const WARM_UP = 3;

interface Measured {
  readonly dataset: string;
  readonly columns: number;
  readonly body: 'JSON' | 'CSV';
  readonly rows: number;
  readonly kb: number;
  readonly ms: readonly number[];
}

/** The best of one trial with the default network, for which only the learning rate is not fixed. */
async function modelOf(client: ApiClient, dataset: string): Promise<string> {
  const hyperparameters = { learningRate: { distribution: 'float', low: 0.01, high: 0.011 }, epochs: 5 };
  const search = await runToCompletion(client, { dataset, hyperparameters, budget: { trials: 1 } });
  let model = await client.createModel(search.id, { trial: 'best' });
  while (model.state === 'waiting' || model.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 50));
    model = await client.model(model.id);
  }
  if (model.state === 'failed') throw new Error(model.failure ?? 'the model failed');
  return model.id;
}

/** The data set's own rows, one after the other, again from the start where they end. */
async function bodiesOf(client: ApiClient, dataset: string, rows: number): Promise<Record<Measured['body'], string>> {
  const [header, ...lines] = (await client.csv(dataset)).trim().split('\n');
  const chosen = Array.from({ length: rows }, (_, i) => lines[i % lines.length]!);
  const names = header!.split(',');
  const asRow = (line: string) =>
    Object.fromEntries(line.split(',').map((text, k) => [names[k], Number.isNaN(Number(text)) ? text : Number(text)]));
  return { CSV: [header, ...chosen].join('\n'), JSON: JSON.stringify({ rows: chosen.map(asRow) }) };
}

async function measure(client: ApiClient, dataset: string, rows: number, times: number): Promise<Measured[]> {
  const model = await modelOf(client, dataset);
  const bodies = await bodiesOf(client, dataset, rows);
  const { facts } = await client.model(model);
  return temporarily(async (folder) => {
    const measured: Measured[] = [];
    for (const [body, type] of [
      ['JSON', 'application/json'],
      ['CSV', 'text/csv'],
    ] as const) {
      const file = join(folder, `rows.${body}`);
      await writeFile(file, bodies[body]);
      const script = join(projectRoot, 'dist', 'bench', 'predict-client.js');
      const url = `${client.url}/v1/models/${model}/predict`;
      const { stdout } = await promisify(execFile)(process.execPath, [
        script,
        url,
        file,
        type,
        String(WARM_UP + times),
      ]);
      const ms = (JSON.parse(stdout) as number[]).slice(WARM_UP);
      const kb = Math.round(Buffer.byteLength(bodies[body]) / 1000);
      measured.push({ dataset, columns: facts!.columns.length, body, rows, kb, ms });
    }
    return measured;
  });
}

await runBench(async () => {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '10000' },
      times: { type: 'string', default: '15' },
      json: { type: 'boolean' },
    },
  });
  const [rows, times] = [countFrom('rows', values.rows), countFrom('times', values.times)];
  const all = await withClient(async (client) => [
    ...(await measure(client, 'digits', rows, times)),
    ...(await measure(client, 'iris', rows, times)),
  ]);
  const shown = all.map(({ ms, ...rest }) => ({
    ...rest,
    medianMs: rounded(median(ms), 1),
    leastMs: rounded(Math.min(...ms), 1),
  }));
  if (values.json) for (const row of shown) console.log(JSON.stringify({ measure: 'predict', ...row }));
  else
    console.log(
      tableOf(
        ['data set', 'columns', 'body', 'rows', 'kB sent', 'ms (median)', 'ms (least)'],
        shown.map(Object.values),
      ),
    );
});
