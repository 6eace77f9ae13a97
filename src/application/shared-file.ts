/** Files of many megabytes, of which even one copy keeps the event loop for long. */
import { sharedBuffer } from '../data/shared-bytes.ts';
import { createGiveWay } from './in-turns.ts';

/** Joins the chunks in shared memory, which threads that read the file need not copy. */
export async function sharedFile(chunks: readonly Uint8Array[]): Promise<Buffer> {
  const file = sharedBuffer(chunks.reduce((sum, { length }) => sum + length, 0));
  const giveWay = createGiveWay();
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
    await giveWay();
  }
  return file;
}
