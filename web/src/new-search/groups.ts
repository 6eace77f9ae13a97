/** Groups of hyperparameters in the form. */
import { hyperparameterTable } from '../../../src/domain/specification/hyperparameters.ts';

export type Name = keyof typeof hyperparameterTable;

export interface Group {
  readonly title: string;
  readonly names: readonly Name[];
  /** Hidden behind «more» unless set. */
  readonly more: readonly Name[];
}

const laidOut: readonly Group[] = [
  {
    title: 'Learning',
    names: ['learningRate', 'optimizer', 'batchSize', 'epochs'],
    more: ['momentum', 'weightDecay', 'clipNorm', 'patience'],
  },
  {
    title: 'Network',
    names: ['hiddenLayers', 'hiddenUnits', 'activation', 'batchNorm'],
    more: ['leakyReluSlope', 'eluAlpha', 'loss'],
  },
  { title: 'Regularization and inputs', names: ['l2', 'dropout', 'preprocessing'], more: [] },
  { title: 'Initialization', names: ['initializer'], more: ['weightDistribution', 'smallNormalDeviation'] },
  {
    title: 'Learning rate schedule',
    names: ['schedule'],
    more: ['decayFactor', 'decayEvery', 'cosineFloor', 'warmupEpochs'],
  },
];

const placed = new Set(laidOut.flatMap(({ names, more }) => [...names, ...more]));
const unplaced = (Object.keys(hyperparameterTable) as Name[]).filter((name) => !placed.has(name));

/** All groups, with a last one for hyperparameters that are in no other. */
export const groups: readonly Group[] =
  unplaced.length === 0 ? laidOut : [...laidOut, { title: 'Other', names: unplaced, more: [] }];
