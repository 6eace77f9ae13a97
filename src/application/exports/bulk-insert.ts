/** Inserts into SQLite in statements of many rows: a statement for every row would take a multiple of the time. */
import type { Database, Statement } from 'node-sqlite3-wasm';

export type Value = number | string | null;

export interface BulkInsert {
  /** `shared`: the parameters that all groups have in common. `values`: those of the groups, one after the other. */
  insert(shared: readonly Value[], values: readonly Value[]): void;
  /** To be called before the database is closed. */
  finalize(): void;
}

export interface Inserted {
  /** The statement up to its rows, like `INSERT INTO t (a, b)`. */
  readonly into: string;
  /** How many parameters all groups of rows share: the first ones. */
  readonly shared: number;
  /** How many parameters a group has of its own. */
  readonly own: number;
  /** The rows of a group, whose own parameters are numbered from `first` on. */
  readonly group: (first: number) => string;
  /** So many groups of a statement. There is a prepared statement for every number of groups up to it that has occurred. */
  readonly atOnce: number;
}

export function bulkInsert(database: Database, { into, shared, own, group, atOnce }: Inserted): BulkInsert {
  const statements = new Map<number, Statement>();
  const statementFor = (groups: number): Statement => {
    const known = statements.get(groups);
    if (known) return known;
    const rows = Array.from({ length: groups }, (_, i) => group(shared + 1 + i * own));
    const made = database.prepare(`${into} VALUES ${rows.join(', ')}`);
    statements.set(groups, made);
    return made;
  };
  return {
    insert: (common, values) => {
      for (let from = 0; from < values.length; from += atOnce * own) {
        const some = [...common];
        const to = Math.min(values.length, from + atOnce * own);
        for (let i = from; i < to; i++) some.push(values[i]!);
        statementFor((to - from) / own).run(some);
      }
    },
    finalize: () => {
      for (const statement of statements.values()) statement.finalize();
      statements.clear();
    },
  };
}
