/** The formats of files: by their content, whatever their name. */

import type { FileFormat } from '../reading.ts';
import { looksLikeArff, readArff } from './arff.ts';
import type { ConvertedTable } from './converted-table.ts';
import { looksLikeJson, readJson } from './json-table.ts';
import { looksLikeParquet, readParquet } from './parquet.ts';
import { looksLikeSvmlight, readSvmlight } from './svmlight.ts';

export { looksLikeParquet, readParquet };

export const formatNames: Readonly<Record<FileFormat, string>> = {
  csv: 'delimited text',
  json: 'JSON',
  arff: 'ARFF',
  svmlight: 'svmlight',
  parquet: 'Parquet',
};

/** The format of a text. */
export function textFormatOf(text: string): Exclude<FileFormat, 'parquet'> {
  if (looksLikeArff(text)) return 'arff';
  if (looksLikeJson(text)) return 'json';
  return looksLikeSvmlight(text) ? 'svmlight' : 'csv';
}

/** Throws `InvalidDataset` with the place of the first error. */
export function convertText(
  text: string,
  format: Exclude<FileFormat, 'csv' | 'parquet'>,
  { ignore, base }: { readonly ignore: readonly string[]; readonly base: 0 | 1 | undefined },
): ConvertedTable & { readonly base?: 0 | 1 } {
  if (format === 'json') return readJson(text, ignore);
  return format === 'arff' ? readArff(text) : readSvmlight(text, base);
}
