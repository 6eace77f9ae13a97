/** The store of data sets, and files from addresses. */
import type { InputColumn } from '../../data/columns.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { CsvReading } from '../../data/reading.ts';
import type { AskedUpload } from '../../data/upload.ts';
import type { DatasetSummary } from '../../domain/dataset-record.ts';
import type { SearchState } from '../../domain/search.ts';

/** The columns of a data set's file and how they are read. */
export interface DatasetInputs {
  readonly columns: readonly InputColumn[];
  readonly reading: CsvReading;
}

export interface FileFetcher {
  /** The file at an address, of at most so many bytes. Throws a Problem of `url` if it is refused or cannot be read. */
  fetch(url: string, maxBytes: number): Promise<Uint8Array>;
}

/** Without a hash, methods use the newest version of a data set. */
export interface DatasetStore {
  /** Those that are built in, and those of the project, or of all. */
  list(project?: string): Promise<readonly DatasetSummary[]>;
  find(name: string, hash?: string): Promise<DatasetSummary | undefined>;
  /** The rows, in shared memory and cached. */
  load(name: string, hash?: string): Promise<Dataset | undefined>;
  /** UTF-8. */
  csv(name: string, hash?: string): Promise<Buffer | undefined>;
  /** How its rows are read: for rows that come later. */
  inputs(name: string, hash: string): Promise<DatasetInputs | undefined>;
  /** Stores a new version; an existing version becomes the newest again. */
  add(upload: AskedUpload & { readonly file: Uint8Array; readonly project: string }): Promise<DatasetSummary>;
  /**
   * Deletes all versions unless a search (with `force`: an open search) uses one. Returns the searches that use it. Throws a Problem if there
   * is no such data set or it is built in.
   */
  remove(
    name: string,
    force: boolean,
  ): Promise<{
    readonly removed: boolean;
    readonly uses: readonly { readonly id: string; readonly state: SearchState }[];
  }>;
}
