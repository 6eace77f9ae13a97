/** Trials that train almost nothing (two units, one epoch, iris), to measure the overhead of a trial. */
export function tinyTrials(trials: number) {
  return {
    name: 'overhead',
    dataset: 'iris',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
      l2: { distribution: 'float', low: 1e-6, high: 1e-2, scale: 'log' },
      activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
      hiddenLayers: 1,
      hiddenUnits: 2,
      epochs: 1,
      batchSize: 256,
    },
    budget: { trials },
  };
}

/** Trials of one epoch that takes some milliseconds: two cores end some two hundred in a second. */
export function shortTrials(trials: number) {
  return {
    name: 'short',
    dataset: 'digits',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
      hiddenUnits: 64,
      hiddenLayers: 2,
      batchSize: 32,
      epochs: 1,
    },
    budget: { trials },
  };
}

/** Trials of ten seconds and more, whose epochs take some milliseconds: long enough to be watched. */
export function longTrials(trials: number) {
  return {
    name: 'long',
    dataset: 'digits',
    hyperparameters: { hiddenUnits: 64, hiddenLayers: 2, batchSize: 32, epochs: 2000, learningRate: 0.001 },
    budget: { trials },
  };
}
