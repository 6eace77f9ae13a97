/** The tracking store of a search for MLflow: written to a temporary file, sent, and deleted, also where the client goes away. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type { MlflowPage, MlflowTask } from '../application/exports/mlflow.ts';
import type { Search } from '../domain/search.ts';

const READ_BYTES = 2 ** 18;

/** `write`: writes the store off the event loop. */
export async function* mlflowExport(
  search: Search,
  pages: AsyncIterable<MlflowPage>,
  write: (task: MlflowTask) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'hypersearch-export-'));
  try {
    const file = join(folder, 'mlflow.db');
    const { port1, port2 } = new MessageChannel();
    const complete = write({ file, search, pages: port2 });
    // It is awaited below, but may fail earlier.
    complete.catch(() => undefined);
    try {
      for await (const page of pages) {
        port1.postMessage(page);
        await Promise.race([once(port1, 'message'), complete]);
        // Nothing to send yet, but where the client has gone away this does not go on.
        yield new Uint8Array(0);
      }
    } finally {
      port1.close();
      await complete;
    }
    yield* createReadStream(file, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
  } finally {
    await rm(folder, { recursive: true });
  }
}
