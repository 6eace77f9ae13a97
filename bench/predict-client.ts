/** A client in a process of its own: posts a file again and again, and prints the milliseconds of every answer, to its last byte, as JSON. */
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';

const [url, file, type, times] = process.argv.slice(2);
if (url === undefined || file === undefined || type === undefined) {
  throw new Error('predict-client URL FILE TYPE TIMES');
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

const took: number[] = [];
for (let i = 0; i < Number(times); i++) {
  const begun = performance.now();
  await post(url);
  took.push(performance.now() - begun);
}
agent.destroy();
console.log(JSON.stringify(took));
