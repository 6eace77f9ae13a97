/** A file of the table in docs/files.md. */
import type { CsvReading } from '../../src/data/reading.ts';
import type { AskedUpload } from '../../src/data/upload.ts';

export interface FileCase {
  /** As docs/files.md names it. */
  readonly kind: string;
  readonly file: Buffer;
  /** What is asked for beside the file. */
  readonly asked?: Partial<AskedUpload>;
  readonly reading?: Partial<CsvReading>;
  /** Names of the columns. */
  readonly columns: readonly string[];
  readonly rows: number;
  /** Of the network. */
  readonly inputs: number;
  /** Empty for a quantity. */
  readonly classes: readonly string[];
  /** Codes of what is warned of, in order. */
  readonly hints?: readonly string[];
  /** The first row's inputs, where the numbers are what matters. */
  readonly first?: readonly number[];
}
