/** Previews an upload without storing it. */
import type { DatasetPreview } from '../contract/datasets.ts';
import { datasetLimits } from '../data/csv-table.ts';
import { InvalidDataset } from '../data/faults.ts';
import type { FileReader } from '../data/file-work.ts';
import type { AskedUpload } from '../data/upload.ts';
import { Problem } from '../errors.ts';

export async function previewDataset(
  { files }: { readonly files: Pick<FileReader, 'preview'> },
  file: Uint8Array,
  asked: AskedUpload,
): Promise<DatasetPreview> {
  const { bytes, rows, columns, cells, classes } = datasetLimits;
  try {
    return { ...(await files.preview(file, asked)), limits: { bytes, rows, columns, cells, classes } };
  } catch (error) {
    if (!(error instanceof InvalidDataset)) throw error;
    throw new Problem('invalidRequest', `the file cannot be read as a table: ${error.message}`, error.faults);
  }
}
