/** `pd.DataFrame(search.cv_results_).to_csv()` of scikit-learn: every row one candidate. */
import { scikitNotes } from '../names.ts';
import { numberIn, type Row, type Table } from './table.ts';
import { prefixed, type TableReader } from './table-reader.ts';

const mean = 'mean_test_';

/** The columns of single folds: `split0_test_score`. */
function splitsOf({ names }: Table, metric: string): readonly string[] {
  const scorer = metric.slice(mean.length);
  return names.filter((name) => /^split\d+_test_/.test(name) && name.replace(/^split\d+_test_/, '') === scorer);
}

/** scikit-learn divides by the number of folds; here deviations divide by one less. */
function deviationIn(row: Row, table: Table, metric: string): number | undefined {
  const deviation = numberIn(row, `std_test_${metric.slice(mean.length)}`) ?? undefined;
  const folds = splitsOf(table, metric).length;
  return deviation === undefined || folds < 2 ? undefined : deviation * Math.sqrt(folds / (folds - 1));
}

export const scikitLearn: TableReader = {
  format: 'scikit-learn-csv',
  is: ({ names }) => names.includes('params') && names.some((name) => name.startsWith(mean)),
  objectives: ({ names }) => names.filter((name) => name.startsWith(mean)),
  // Its scorers are all “greater is better”; errors are negated.
  direction: 'maximize',
  hyperparameters: (table) => ({ hyperparameters: prefixed(table, 'param_'), leftOut: [] }),
  // `params` is a dict of Python, which has only what the candidate sets.
  isNone: (row, name) => [`'${name}': None`, `"${name}": None`].some((item) => row.cell('params').includes(item)),
  folds: (table, metric) => splitsOf(table, metric).length || undefined,
  trial: (row, metric, table) => {
    const folds = Math.max(1, splitsOf(table, metric).length);
    const seconds = ['mean_fit_time', 'mean_score_time'].map((name) => numberIn(row, name) ?? undefined);
    const known = seconds.filter((one) => one !== undefined);
    return {
      state: 'complete',
      deviation: deviationIn(row, table, metric),
      ...(known.length > 0 && { durationMs: known.reduce((a, b) => a + b, 0) * folds * 1000 }),
    };
  },
  notes: (table) => [
    { name: '', text: 'scikit-learn maximizes every score; those of errors are negative' },
    ...prefixed(table, 'param_').flatMap(([name, column]) =>
      scikitNotes(name, (value) => table.rows.some((row) => row.cell(column) === value)).map((text) => ({
        name,
        text,
      })),
    ),
    ...(table.names.includes('n_resources')
      ? [
          {
            name: 'n_resources',
            text: 'candidates of a halving search had different resources: their values are not comparable',
          },
        ]
      : []),
  ],
};
