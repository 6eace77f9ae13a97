/** The demo: a random search on the digits data set, live, with its best networks. */
import { compileKernels } from '../compute/kernels.ts';
import type { Config } from '../config.ts';
import { formatDuration } from '../format.ts';
import { createLog } from '../log.ts';
import { startWithGracefulShutdown } from '../serve.ts';
import { createClient } from './api-client.ts';
import { bestLines, bestTable, findingLines, searchLines } from './format.ts';
import { ownKey } from './own-service.ts';
import { watch } from './watch.ts';

const specification = {
  name: 'digits, first look',
  dataset: 'digits',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' },
    l2: { distribution: 'float', low: 1e-6, high: 1e-2, scale: 'log' },
    hiddenLayers: { distribution: 'int', low: 1, high: 2 },
    hiddenUnits: { distribution: 'int', low: 16, high: 128, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'elu', 'tanh'] },
    optimizer: 'momentum',
    momentum: 0.9,
    batchSize: 64,
    epochs: 15,
  },
  sampler: { type: 'random', seed: 42 },
  budget: { trials: 40 },
  confirm: { trials: 5, repeats: 3 },
};

export async function demo(config: Config): Promise<number> {
  // Log messages would disturb the live view.
  const logLevel = config.logLevel === 'debug' ? 'debug' : 'silent';
  console.log('hypersearch: random search, 40 networks on 1,797 handwritten digits, learning rate on a log scale.');
  const { family, implementation } = compileKernels(config.kernels);
  console.log(`Kernels: ${family}, ${implementation}.\n`);
  const adminKey = ownKey();
  const own = { ...config, logLevel, port: 0, adminKey } as const;
  const service = await startWithGracefulShutdown(own, 'both', createLog(own), () => undefined);
  try {
    const client = createClient(service.url!, adminKey);
    const started = performance.now();
    const { id } = await client.create(specification);
    const search = await watch(client, id);
    const best = await client.best(id, 10);
    const { complete, diverged } = search.trials;
    console.log(
      `\n${complete} trials trained in ${formatDuration((performance.now() - started) / 1000)}, ${diverged} of them diverged, and the best five were confirmed on new splits. The best:\n`,
    );
    console.log(bestTable(search, best.items));
    console.log(`\n${bestLines(best).join('\n')}`);
    console.log(`\nProblems in the trials:\n\n${findingLines(await client.findings(id))}`);
    console.log(`\n${searchLines(search)}\n`);
    console.log(`The results are stored in Postgres, in ${config.dataDirectory}. Next steps:

  npm start                                    the page and the API on http://127.0.0.1:${config.port}
  npm run hypersearch -- best ${id}
  npm run hypersearch -- findings ${id}
  npm run hypersearch -- model ${id} --out model
  npm run hypersearch -- replay ${id} ${search.best?.number ?? 0}
  npm run hypersearch -- export ${id} --format csv > trials.csv`);
    return search.state === 'complete' ? 0 : 1;
  } finally {
    await service.close();
  }
}
