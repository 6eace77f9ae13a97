/** CSV as this service writes it (RFC 4180, but for a line feed alone at the end of a line). Reading is another matter: docs/decisions/0017-files.md. */
import { stringify } from 'csv-stringify/sync';

export type Cell = string | number | boolean | null | undefined;

/** A record a line. Numbers have the fewest digits that give them back; what is not there is empty. */
export function writeCsv(records: readonly (readonly Cell[])[]): string {
  // A carriage return alone ends a line for some readers too.
  return stringify(records as Cell[][], { cast: { boolean: String }, quoted_match: /\r/ });
}
