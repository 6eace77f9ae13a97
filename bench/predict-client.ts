/** A client in a process of its own: posts a file again and again, and prints the milliseconds of every answer, to its last byte, as JSON. */
import { readFile } from 'node:fs/promises';

const [url, file, type, times] = process.argv.slice(2);
if (url === undefined || file === undefined || type === undefined) throw new Error('predict-client URL FILE TYPE TIMES');
const body = await readFile(file);
const took: number[] = [];
for (let i = 0; i < Number(times); i++) {
  const begun = performance.now();
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  const answer = await response.arrayBuffer();
  took.push(performance.now() - begun);
  if (!response.ok) throw new Error(new TextDecoder().decode(answer));
}
console.log(JSON.stringify(took));
