/**
 * npm run bench:predict: how long predictions take through REST. A model of the default network predicts rows of its data set, repeated; a client
 * in another process sends them, and measures from the request to the last byte of the answer.
 *
 *   npm run bench:predict -- [--rows 10000] [--times 15] [--url URL]... [--json]
 *
 * `--url`: running services, for example of two versions, which are asked in turn. Beside them the time of JSON.parse of the same body.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type ApiClient, createClient } from '../src/cli/api-client.ts';
import { projectRoot } from '../src/paths.ts';
import { countFrom, median, rounded, runBench, tableOf } from './parts/report.ts';
import { temporarily } from './parts/temporary.ts';
import { runToCompletion, withClient } from './parts/through-service.ts';

/** The first requests compile the code and start the thread. */
const WARM_UP = 3;

interface Measured {
  readonly service: string;
  readonly dataset: string;
  readonly columns: number;
  readonly body: 'JSON' | 'CSV';
  readonly rows: number;
  readonly kb: number;
  readonly parse: readonly number[];
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

interface Answered {
  /** Milliseconds of every request, for each URL. */
  readonly answers: readonly (readonly number[])[];
  /** Milliseconds of parsing the body as JSON; none for CSV. */
  readonly parse: readonly number[];
}

/** Every service in turn, so that the machine is the same for all. */
async function measure(clients: readonly ApiClient[], dataset: string, rows: number, times: number) {
  const models: string[] = [];
  for (const client of clients) models.push(await modelOf(client, dataset));
  const urls = models.map((model, k) => `${clients[k]!.url}/v1/models/${model}/predict`);
  const bodies = await bodiesOf(clients[0]!, dataset, rows);
  const { facts } = await clients[0]!.model(models[0]!);
  return temporarily(async (folder) => {
    const measured: Measured[] = [];
    for (const [body, type] of [
      ['JSON', 'application/json'],
      ['CSV', 'text/csv'],
    ] as const) {
      const file = join(folder, `rows.${body}`);
      await writeFile(file, bodies[body]);
      const script = join(projectRoot, 'dist', 'bench', 'predict-client.js');
      const args = [script, file, type, String(WARM_UP + times), ...urls];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { answers, parse } = JSON.parse(stdout) as Answered;
      const kb = Math.round(Buffer.byteLength(bodies[body]) / 1000);
      const same = { dataset, columns: facts!.columns.length, body, rows, kb, parse: parse.slice(WARM_UP) };
      for (const [k, ms] of answers.entries()) {
        measured.push({ service: clients[k]!.url, ...same, ms: ms.slice(WARM_UP) });
      }
    }
    return measured;
  });
}

await runBench(async () => {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', multiple: true },
      rows: { type: 'string', default: '10000' },
      times: { type: 'string', default: '15' },
      json: { type: 'boolean' },
    },
  });
  const [rows, times] = [countFrom('rows', values.rows), countFrom('times', values.times)];
  const both = async (clients: readonly ApiClient[]) => [
    ...(await measure(clients, 'digits', rows, times)),
    ...(await measure(clients, 'iris', rows, times)),
  ];
  const all = values.url
    ? await both(values.url.map((url) => createClient(url)))
    : await withClient((own) => both([own]));
  const shown = all.map(({ ms, parse, ...rest }) => ({
    ...rest,
    medianMs: rounded(median(ms), 1),
    leastMs: rounded(Math.min(...ms), 1),
    parseMs: parse.length === 0 ? null : rounded(median(parse), 1),
  }));
  if (values.json) for (const row of shown) console.log(JSON.stringify({ measure: 'predict', ...row }));
  else {
    const head = [
      'service',
      'data set',
      'columns',
      'body',
      'rows',
      'kB sent',
      'ms (median)',
      'ms (least)',
      'JSON.parse',
    ];
    console.log(
      tableOf(
        head,
        shown.map((row) => Object.values(row).map((cell) => cell ?? '–')),
      ),
    );
  }
});
