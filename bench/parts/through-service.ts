/** Searches through the whole service in this process: API, worker, embedded Postgres. */
import { type ApiClient, createClient } from '../../src/cli/api-client.ts';
import { readConfig } from '../../src/config.ts';
import { isOpen, type Search } from '../../src/domain/search.ts';
import { startService } from '../../src/service.ts';
import { temporarily } from './temporary.ts';

/** A service whose worker has one thread, so that trials run in the order of their numbers, unless more are wanted. */
export async function withClient<T>(use: (client: ApiClient) => Promise<T>, threads = 1): Promise<T> {
  return temporarily(async (dataDirectory) => {
    const own = { databaseUrl: undefined, dataDirectory, threads, port: 0, logLevel: 'silent' } as const;
    const service = await startService({ ...readConfig(), ...own }, 'both');
    try {
      return await use(createClient(service.url!));
    } finally {
      await service.close();
    }
  });
}

/** Begins a search and follows it to its end. */
export async function runToCompletion(client: ApiClient, specification: object): Promise<Search> {
  const { id } = await client.create(specification);
  for await (const message of client.stream(id)) {
    if (message.type === 'snapshot' ? !isOpen(message.search.state) : message.type === 'search.complete') break;
    if (message.type === 'search.failed') throw new Error(`the search failed: ${message.data.failure}`);
  }
  return client.search(id);
}

/** Five hyperparameters over wide ranges: most points are no good, some are excellent. Of one hidden layer. */
export const wideSpace = {
  learningRate: { distribution: 'float', low: 1e-5, high: 1, scale: 'log' },
  l2: { distribution: 'float', low: 1e-7, high: 1e-1, scale: 'log' },
  hiddenUnits: { distribution: 'int', low: 8, high: 256, scale: 'log' },
  batchSize: { distribution: 'int', low: 16, high: 256, scale: 'log' },
  activation: { distribution: 'categorical', choices: ['relu', 'tanh', 'sigmoid'] },
  hiddenLayers: 1,
  optimizer: 'adam',
  initializer: 'xavier',
  preprocessing: 'center',
} as const;
