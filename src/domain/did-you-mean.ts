/** Suggests the known name that a mistyped or foreign one most likely means. */
import { closest, distance } from 'fastest-levenshtein';

/** What other libraries call our hyperparameters: Keras, PyTorch, scikit-learn, Optuna's examples. In lower case, without `_`. */
const otherNames: Readonly<Record<string, string>> = {
  lr: 'learningRate',
  learningrateinit: 'learningRate',
  eta: 'learningRate',
  hiddenlayersizes: 'hiddenUnits',
  units: 'hiddenUnits',
  nunits: 'hiddenUnits',
  width: 'hiddenUnits',
  layers: 'hiddenLayers',
  nlayers: 'hiddenLayers',
  numlayers: 'hiddenLayers',
  depth: 'hiddenLayers',
  dropoutrate: 'dropout',
  bs: 'batchSize',
  alpha: 'l2',
  wd: 'weightDecay',
  maxiter: 'epochs',
  nepochs: 'epochs',
  numepochs: 'epochs',
  solver: 'optimizer',
  batchnormalization: 'batchNorm',
  opt: 'optimizer',
  act: 'activation',
  hidden: 'hiddenUnits',
  hiddensize: 'hiddenUnits',
  hiddendim: 'hiddenUnits',
  numunits: 'hiddenUnits',
  numhiddenlayers: 'hiddenLayers',
  l2reg: 'l2',
  droprate: 'dropout',
  minibatchsize: 'batchSize',
  init: 'initializer',
  kernelinitializer: 'initializer',
  ntrials: 'trials',
};

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** `; did you mean learningRate?`, or nothing if no known name is close. `written`: how a name is written where it was not understood. */
export function didYouMean(name: string, known: readonly string[], written = (one: string) => one): string {
  const meant = meantBy(name, known);
  return meant === undefined ? '' : `; did you mean ${written(meant)}?`;
}

/** The known name that is the same but for its spelling, or that other libraries call so; no mere resemblance. */
export function sameName(name: string, known: readonly string[]): string | undefined {
  const short = plain(name);
  return known.find((one) => plain(one) === short) ?? known.find((one) => one === otherNames[short]);
}

function meantBy(name: string, known: readonly string[]): string | undefined {
  const short = plain(name);
  const same = sameName(name, known);
  if (same !== undefined || known.length === 0 || short === '') return same;
  const near = closest(short, known.map(plain));
  // A third of the letters may differ: more is another word.
  if (distance(short, near) > Math.max(1, Math.floor(short.length / 3))) return undefined;
  const meant = known.find((one) => plain(one) === near)!;
  // Another number is no typing error: hiddenUnits21 has no layer.
  return short.replace(/\d/g, '') === near.replace(/\d/g, '') ? undefined : meant;
}
