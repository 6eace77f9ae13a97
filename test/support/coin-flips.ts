/** Data whose target does not depend on the columns: nothing can be learned from it. */
import { randomAt } from '../../src/random.ts';
import { csvOf } from './models.ts';

const ROWS = 100;

/** Three columns and a coin flip, or a number in place of it. */
export function coinFlips(task: 'classification' | 'regression' = 'classification'): string {
  const random = randomAt({ seed: 5, purpose: 'probe' });
  const rows = Array.from({ length: ROWS }, () => {
    const [a, b, c] = [random.normal(), random.normal(), random.normal()];
    const target = task === 'regression' ? random.normal() : random.integer(2) === 1 ? 'heads' : 'tails';
    return { a, b, c, target };
  });
  return csvOf(rows);
}

export async function uploadCsv(url: string, name: string, csv: string): Promise<void> {
  const response = await fetch(`${url}/v1/datasets?name=${name}&target=target`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: csv,
  });
  if (!response.ok) throw new Error(await response.text());
}

/** Many different networks: the best of them is lucky. */
export function luckySearch(dataset: string, trials: number, more: object = {}) {
  return {
    name: `luck on ${dataset}`,
    dataset,
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-3, high: 0.1, scale: 'log' },
      hiddenUnits: { distribution: 'int', low: 2, high: 16, scale: 'log' },
      epochs: 3,
    },
    sampler: { type: 'random', seed: 1 },
    budget: { trials },
    ...more,
  };
}
