/** Trains requested trials: reads lines {"seed", "trial", "hyperparameters"}, writes lines with curves. For optuna_strategies.py. */
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { createCurves } from './parts/curves.ts';

const requestSchema = z.object({
  seed: z.int(),
  trial: z.int(),
  hyperparameters: z.record(z.string(), z.union([z.number(), z.string()])),
});

const curveOf = createCurves();
for await (const line of createInterface({ input: process.stdin })) {
  const { seed, trial, hyperparameters } = requestSchema.parse(JSON.parse(line));
  console.log(JSON.stringify(await curveOf(seed, trial, hyperparameters)));
}
