/**
 * A client in a process of its own: posts a file to every URL in turn, again and again, and prints as JSON the milliseconds of every answer, to its
 * last byte, and those of parsing the file as JSON here: no service that reads JSON is faster.
 */
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';

const [file, type, times, ...urls] = process.argv.slice(2);
if (file === undefined || type === undefined || urls.length === 0) {
  throw new Error('predict-client FILE TYPE TIMES URL...');
}
const body = await readFile(file);
const agent = new Agent({ keepAlive: true });
const headers = { 'content-type': type, 'content-length': body.length };

function post(to: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(to, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().on('end', resolve).on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
}

async function millisecondsOf(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

const answers: number[][] = urls.map(() => []);
const parse: number[] = [];
for (let i = 0; i < Number(times); i++) {
  for (const [k, url] of urls.entries()) answers[k]!.push(await millisecondsOf(() => post(url)));
  if (type === 'application/json') parse.push(await millisecondsOf(() => JSON.parse(body.toString())));
}
agent.destroy();
console.log(JSON.stringify({ answers, parse }));
