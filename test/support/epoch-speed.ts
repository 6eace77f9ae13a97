/** How fast this machine trains the network of `lasting` (searches.ts): tests that catch a trial while it runs must not depend on the machine. */
import { join } from 'node:path';
import { replayTrial } from '../../src/compute/replay.ts';
import { loadBuiltin } from '../../src/data/builtin.ts';
import { settingsOf } from '../../src/domain/specification/hyperparameters.ts';
import { projectRoot } from '../../src/paths.ts';

/**
 * One row per step, so that 10,000 epochs, the most there may be, take ten seconds or more. The divergence rule compares with the loss of the first
 * batch: small weights keep that of one row at ln 3, so that no trial ends before its time.
 */
export const measuredNetwork = {
  hiddenUnits: 64,
  hiddenLayers: 2,
  batchSize: 1,
  initializer: 'smallNormal',
} as const;

const EPOCHS = 60;
const RUNS = 4;

/** Epochs of iris per millisecond on one core that has nothing else to do, in the fastest of a few runs with the cheapest activation. */
export function measureEpochSpeed(): number {
  const task = {
    settings: settingsOf({ ...measuredNetwork, activation: 'relu', learningRate: 0.01, epochs: EPOCHS }, {}),
    dataset: loadBuiltin('iris', join(projectRoot, 'datasets'))!,
    validation: { type: 'holdout', fraction: 0.2 },
    metric: 'validationAccuracy',
    direction: 'maximize',
    divergence: true,
    seed: 1,
    trial: 0,
  } as const;
  let fastest = 0;
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    replayTrial(task, 'auto');
    fastest = Math.max(fastest, EPOCHS / (performance.now() - started));
  }
  return fastest;
}
