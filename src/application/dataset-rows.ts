/** The rows of a data set as training reads them, and the split of a trial, so that a result can be checked with another tool. */
import type { TrialTask } from '../compute/trial.ts';
import type { Dataset } from '../data/dataset.ts';
import { countFolds, foldParts, partsOf } from '../data/folds.ts';
import { refuseObserved } from '../domain/specification/observed.ts';
import { trialTask } from '../domain/trial-task.ts';
import { Problem } from '../errors.ts';
import { findDataset } from './find-dataset.ts';
import { findSearch } from './find-search.ts';
import { findTrial } from './find-trial.ts';
import type { DatasetStore } from './ports/dataset-store.ts';
import type { SearchQueries } from './ports/search-queries.ts';

export interface RowColumn {
  readonly name: string;
  readonly type: 'DOUBLE' | 'STRING' | 'INT32';
  /** null where the value is missing. */
  at(row: number): number | string | null;
}

export interface DatasetRows {
  readonly rows: number;
  readonly columns: readonly RowColumn[];
}

/** The input of `splitOfTask`: plain data that can be sent to a thread. */
export type SplitTask = Pick<TrialTask, 'dataset' | 'validation' | 'seed' | 'split'>;

/** Takes a second for large data sets with many repetitions, so do not call it on the event loop. */
export function splitOfTask({ dataset, validation, seed, split }: SplitTask): Uint8Array[] {
  return partsOf(dataset, validation, seed, split);
}

/** Of the columns of folds, a byte each. */
const MAX_CELLS = 100_000_000;

interface RowsDependencies {
  readonly datasets: Pick<DatasetStore, 'find' | 'load'>;
}

/** `row`, the features and the target. Words are columns of 0 and 1; nothing is scaled yet. */
export async function datasetRows(
  dependencies: RowsDependencies,
  name: string,
  hash: string | undefined,
): Promise<DatasetRows> {
  const found = await findDataset(dependencies, name, hash);
  const dataset = await dependencies.datasets.load(name, found.hash);
  // Deleted in the meantime.
  if (dataset === undefined) throw new Problem('notFound', `there is no data set ${name}`);
  return { rows: dataset.rows, columns: columnsOf(dataset) };
}

/** The same, and a column `fold1`, `fold2`, … with train, validation or test for every fold of the trial; repetitions count on. */
export async function trialRows(
  dependencies: RowsDependencies & {
    readonly queries: Pick<SearchQueries, 'find' | 'trial'>;
    /** Computes `splitOfTask` off the event loop. */
    readonly split: (task: SplitTask) => Promise<readonly Uint8Array[]>;
  },
  id: string,
  number: number,
): Promise<DatasetRows> {
  const search = await findSearch(dependencies, id);
  refuseObserved(search.specification, 'split');
  const trial = await findTrial(dependencies, id, number);
  const { name, hash } = search.dataset;
  const dataset = await dependencies.datasets.load(name, hash);
  if (dataset === undefined)
    throw new Problem('wrongState', `the version of the data set ${name} that it used was deleted`);
  // The task that trains it: the split is that of training.
  const task = trialTask(search, { ...trial, point: trial.hyperparameters }, dataset);
  const cells = dataset.rows * countFolds(task.validation);
  if (cells > MAX_CELLS) {
    throw new Problem(
      'wrongState',
      `its ${countFolds(task.validation)} folds of ${dataset.rows} rows are ${cells} cells; the limit is ${MAX_CELLS}`,
    );
  }
  const { validation, seed, split } = task;
  const folds = await dependencies.split({ dataset, validation, seed, split });
  const columns = columnsOf(dataset);
  const taken = new Set(columns.map((column) => column.name));
  const splits = folds.map((parts, fold): RowColumn => {
    return { name: freeName(`fold${fold + 1}`, taken), type: 'STRING', at: (row) => foldParts[parts[row]!]! };
  });
  return { rows: dataset.rows, columns: [...columns, ...splits] };
}

function columnsOf(dataset: Dataset): RowColumn[] {
  const { featureNames, targetName, x, y, features, classes } = dataset;
  const taken = new Set([...featureNames, targetName]);
  return [
    { name: freeName('row', taken), type: 'INT32', at: (row) => row },
    ...featureNames.map(
      (name, feature): RowColumn => ({
        name,
        type: 'DOUBLE',
        at: (row) => {
          const value = x[row * features + feature]!;
          return Number.isNaN(value) ? null : value;
        },
      }),
    ),
    dataset.task === 'classification'
      ? { name: targetName, type: 'STRING', at: (row) => classes[y[row]!]! }
      : { name: targetName, type: 'DOUBLE', at: (row) => y[row]! },
  ];
}

/** A name that no other column has. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  let own = name;
  while (taken.has(own)) own += '_';
  return own;
}
