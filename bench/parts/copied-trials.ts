/** Large searches whose trials are copies of trained ones: every trial has curves of real training. */
import pg from 'pg';

export function trainedTrials(trials: number) {
  return {
    name: 'copied',
    dataset: 'iris',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
      l2: { distribution: 'float', low: 1e-6, high: 1e-2, scale: 'log' },
      hiddenUnits: { distribution: 'int', low: 2, high: 16 },
      activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
      batchNorm: { distribution: 'categorical', choices: [true, false] },
      epochs: { distribution: 'int', low: 5, high: 15 },
    },
    sampler: { type: 'random', seed: 1 },
    budget: { trials },
  };
}

/** Copies the trials of a search until there are so many, each time a minute later; the epochs of a trial, on average. */
export async function copyTrials(url: string, id: string, trials: number): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { fields } = await client.query('SELECT * FROM trials LIMIT 0');
    const names = fields.map(({ name }) => name);
    const columns = names.map((name) => `"${name}"`).join(', ');
    const copied = names
      .map((name) =>
        name === 'number'
          ? 'copy'
          : name.endsWith('ed_at')
            ? `t."${name}" + copy / $2::int * interval '1 minute'`
            : `t."${name}"`,
      )
      .join(', ');
    const had = await client.query('SELECT count(*)::int AS count FROM trials WHERE search_id = $1', [id]);
    await client.query(
      `INSERT INTO trials (${columns}) SELECT ${copied} FROM generate_series($2::int, $3::int - 1) copy
       JOIN trials t ON t.search_id = $1 AND t.number = copy % $2::int`,
      [id, had.rows[0].count, trials],
    );
    await client.query('UPDATE searches SET total = $2, planned = $2, complete = $2 WHERE id = $1', [id, trials]);
    await client.query('ANALYZE trials');
    const all = await client.query('SELECT avg(epochs)::float8 AS epochs FROM trials WHERE search_id = $1', [id]);
    return all.rows[0].epochs;
  } finally {
    await client.end();
  }
}
