/** Rows of earlier versions. */
import { measurementsOf } from '../../src/adapters/postgres/packed-trials.ts';
import { withPostgres } from './postgres.ts';

/** Trials of a search as versions before the packing stored them. */
export async function unpackAll(databaseUrl: string, table: string, id: string): Promise<void> {
  await withPostgres(databaseUrl, async (client) => {
    const { rows } = await client.query(
      `SELECT number, curves, findings, packed FROM ${table} WHERE search_id = $1 AND packed IS NOT NULL`,
      [id],
    );
    for (const { number, ...row } of rows) {
      const { folds, findings } = measurementsOf(row);
      await client.query(
        `UPDATE ${table} SET curves = $3, findings = $4, packed = NULL WHERE search_id = $1 AND number = $2`,
        [id, number, JSON.stringify(folds), JSON.stringify(findings)],
      );
    }
  });
}
