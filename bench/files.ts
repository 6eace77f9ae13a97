/**
 * npm run bench:files: how long a large Parquet file takes to be previewed and stored through the whole service, beside the CSV of the same content, which is
 * read from text. The two alternate.
 *
 *   npm run bench:files -- [--rows 200000] [--rounds 3] [--json]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type BasicType, parquetWriteBuffer } from 'hyparquet-writer';
import { randomAt } from '../src/random.ts';
import { writeCsv } from '../src/write-csv.ts';
import { type Cell, countFrom, median, rounded, runBench, spread, tableOf } from './parts/report.ts';
import { withClient } from './parts/through-service.ts';

type Values = readonly (number | string | boolean)[];

/** Ten 64-bit floats, two whole numbers, two columns of words, and the target: truth values that depend on the first float. */
function columnsOf(rows: number): { readonly name: string; readonly type: BasicType; readonly data: Values }[] {
  const random = randomAt({ seed: 1, purpose: 'dataset' });
  const make = <T>(value: () => T): T[] => Array.from({ length: rows }, value);
  const floats = Array.from({ length: 10 }, (_, k) => ({
    name: `float${k}`,
    type: 'DOUBLE' as const,
    data: make(() => random.normal()),
  }));
  const whole = [10, 1000].map((size) => ({
    name: `whole${size}`,
    type: 'INT32' as const,
    data: make(() => random.integer(size)),
  }));
  const words = [4, 20].map((size) => ({
    name: `word${size}`,
    type: 'STRING' as const,
    data: make(() => `word ${random.integer(size)}`),
  }));
  const target = { name: 'target', type: 'BOOLEAN' as const, data: floats[0]!.data.map((value) => value > 0) };
  return [...floats, ...whole, ...words, target];
}

interface Requests {
  readonly preview: number[];
  readonly store: number[];
}

/** Seconds of a request. */
async function seconds(url: string, body: Uint8Array<ArrayBuffer>, type: string): Promise<number> {
  const begun = performance.now();
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 500)}`);
  return (performance.now() - begun) / 1000;
}

async function measure(rows: number, rounds: number): Promise<{ parquet: Requests; csv: Requests; megabytes: number }> {
  const columns = columnsOf(rows);
  const parquet = new Uint8Array(
    parquetWriteBuffer({ columnData: columns.map(({ name, type, data }) => ({ name, type, data: [...data] })) }),
  );
  const records = Array.from({ length: rows }, (_, row) => columns.map(({ data }) => data[row]!));
  const csv = new Uint8Array(Buffer.from(writeCsv([columns.map(({ name }) => name), ...records])));
  const files = [
    {
      name: 'parquet',
      body: parquet,
      type: 'application/vnd.apache.parquet',
      times: { preview: [], store: [] } as Requests,
    },
    { name: 'csv', body: csv, type: 'text/csv', times: { preview: [], store: [] } as Requests },
  ] as const;
  await withClient(async ({ url }) => {
    for (let round = 0; round < rounds; round++) {
      for (const { name, body, type, times } of files) {
        times.preview.push(await seconds(`${url}/v1/datasets/preview`, body, type));
        times.store.push(await seconds(`${url}/v1/datasets?name=${name}${round}`, body, type));
      }
    }
  });
  return { parquet: files[0].times, csv: files[1].times, megabytes: parquet.length / 1e6 };
}

await runBench(async () => {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '200000' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'boolean' },
    },
  });
  const rows = countFrom('rows', values.rows);
  const { parquet, csv, megabytes } = await measure(rows, countFrom('rounds', values.rounds));
  const lines = (['preview', 'store'] as const).map((request) => ({
    request,
    rows,
    MB: rounded(megabytes, 1),
    seconds: rounded(median(parquet[request]), 2),
    'of the CSV': rounded(median(csv[request]), 2),
    ratio: rounded(median(csv[request]) / median(parquet[request]), 1),
    rounds: spread(parquet[request]),
  }));
  if (values.json) {
    for (const line of lines) console.log(JSON.stringify(line));
    return;
  }
  console.log(`${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.version}`);
  console.log(
    tableOf(
      Object.keys(lines[0]!),
      lines.map((line): Cell[] => Object.values(line)),
    ),
  );
});
