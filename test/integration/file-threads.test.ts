/** Limits of the threads that read files, with harmless files and small limits. */
import { afterEach, expect, it } from 'vitest';
import { createFileThreads } from '../../src/compute/file-threads.ts';

let threads: ReturnType<typeof createFileThreads>;
afterEach(() => threads.close());

const file = (rows: number) =>
  Buffer.from(`a,b,t\n${Array.from({ length: rows }, (_, i) => `${i % 89}.25,${i % 101}.5,${i % 2}`).join('\n')}`);
const small = file(20);
const large = file(190_000);

it.each([
  ['memory', { heapMegabytes: 24 }, /takes more than 24 MB of memory to read/],
  ['time', { seconds: 0.05 }, /takes longer than 0.05 s to read/],
])('a file that takes too much %s is refused, and the next one is read', async (_what, limits, message) => {
  threads = createFileThreads(limits);
  await expect(threads.preview(large, { name: 'large' })).rejects.toMatchObject({
    name: 'InvalidDataset',
    message: expect.stringMatching(message),
  });
  if ('heapMegabytes' in limits) expect((await threads.preview(small, { name: 'small' })).rows).toBe(20);
});
