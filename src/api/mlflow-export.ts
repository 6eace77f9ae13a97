/** The tracking store of a search for MLflow: written to a temporary file, sent, and deleted, also where the client goes away. */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMlflowStore } from '../application/exports/mlflow.ts';
import type { SearchQueries } from '../application/ports.ts';
import type { Search } from '../domain/search.ts';
import type { TrialSummary } from '../domain/trial.ts';

export async function* mlflowExport(
  queries: SearchQueries,
  search: Search,
  pages: AsyncIterable<readonly TrialSummary[]>,
): AsyncGenerator<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'hypersearch-export-'));
  try {
    const file = join(folder, 'mlflow.db');
    const store = createMlflowStore(file, search);
    try {
      for await (const trials of pages) {
        const numbers = trials.map(({ number }) => number);
        await store.write(trials, await queries.foldSeries(search, numbers));
        // Nothing to send yet, but where the client has gone away this does not go on.
        yield new Uint8Array(0);
      }
    } finally {
      store.close();
    }
    yield* createReadStream(file) as AsyncIterable<Uint8Array>;
  } finally {
    await rm(folder, { recursive: true });
  }
}
