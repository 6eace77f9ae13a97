/** Writes CSV (RFC 4180, but with line feeds). For reading see docs/decisions/0017-files.md. */
import { stringify } from 'csv-stringify/sync';

export type Cell = string | number | boolean | null | undefined;

/** One record per line. Numbers have the fewest digits that round-trip; missing values are empty. */
export function writeCsv(records: readonly (readonly Cell[])[]): string {
  // Some readers treat a single carriage return as the end of a line.
  return stringify(records as Cell[][], { cast: { boolean: String }, quoted_match: /\r/ });
}
