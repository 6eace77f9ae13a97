/** File tasks as plain data, for a thread (workers/file-thread.ts): reading 64 MB takes seconds. */
import type { InputColumn } from './columns.ts';
import { readCsv } from './csv-dataset.ts';
import { type CsvPreview, previewOfCsv } from './csv-preview.ts';
import type { CsvOptions } from './csv-table.ts';
import type { Dataset } from './dataset.ts';
import { type FileIssue, InvalidDataset } from './faults.ts';
import type { Hint } from './hint.ts';
import { hintsOf } from './hints.ts';
import { type CsvReading, firstReading, withGiven } from './reading.ts';
import { sharedCopy } from './shared-bytes.ts';
import { isStoredTable, sourceOfStored, storedFormOf } from './stored-table.ts';
import { csvOf } from './typed-table.ts';
import { type AskedUpload, type Decision, decisionsOf, readUpload } from './upload.ts';

export interface FilePreview extends CsvPreview {
  readonly reading: CsvReading;
  readonly decisions: readonly Decision[];
}

/** An uploaded data set without its rows, which are read from the stored form when needed. */
export interface UploadedFile
  extends Pick<Dataset, 'task' | 'hash' | 'rows' | 'features' | 'classes' | 'featureNames' | 'targetName'> {
  /** CSV as UTF-8, or a typed table (stored-table.ts), in shared memory. */
  readonly stored: Uint8Array;
  readonly reading: CsvReading;
  readonly dropped: number;
  readonly hints: readonly Hint[];
}

/** The methods throw `InvalidDataset` for files that cannot be read. */
export interface FileReader {
  preview(file: Uint8Array, asked: AskedUpload): Promise<FilePreview>;
  upload(file: Uint8Array, asked: AskedUpload): Promise<UploadedFile>;
  /** Reads a stored form with its stored settings. */
  dataset(stored: Uint8Array, options: CsvOptions): Promise<Dataset>;
  /** The columns of it. */
  inputs(stored: Uint8Array, options: CsvOptions): Promise<readonly InputColumn[]>;
  /** The CSV that it means, as UTF-8. */
  csv(stored: Uint8Array): Promise<Uint8Array>;
}

export type FileTask =
  | { readonly kind: 'preview'; readonly file: Uint8Array; readonly asked: AskedUpload }
  | { readonly kind: 'upload'; readonly file: Uint8Array; readonly asked: AskedUpload }
  | { readonly kind: 'dataset'; readonly file: Uint8Array; readonly options: CsvOptions }
  | { readonly kind: 'inputs'; readonly file: Uint8Array; readonly options: CsvOptions }
  | { readonly kind: 'csv'; readonly file: Uint8Array };
export type FileAnswer =
  | { readonly kind: 'preview'; readonly answer: FilePreview }
  | { readonly kind: 'upload'; readonly answer: UploadedFile }
  | { readonly kind: 'dataset'; readonly answer: Dataset }
  | { readonly kind: 'inputs'; readonly answer: readonly InputColumn[] }
  | { readonly kind: 'csv'; readonly answer: Uint8Array }
  /** Errors lose their class when posted from a thread. */
  | { readonly kind: 'invalid'; readonly faults: readonly FileIssue[] };

export async function doFileTask(task: FileTask): Promise<FileAnswer> {
  try {
    if (task.kind === 'dataset' || task.kind === 'inputs') {
      const { dataset, inputColumns } = readCsv(sourceOfStored(task.file), task.options);
      return task.kind === 'dataset' ? { kind: 'dataset', answer: dataset } : { kind: 'inputs', answer: inputColumns };
    }
    if (task.kind === 'csv') return { kind: 'csv', answer: sharedCopy(Buffer.from(csvOf(sourceOfStored(task.file)))) };
    const { kind, file, asked } = task;
    return kind === 'preview'
      ? { kind, answer: await preview(file, asked) }
      : { kind, answer: await upload(file, asked) };
  } catch (error) {
    if (!(error instanceof InvalidDataset)) throw error;
    return { kind: 'invalid', faults: error.faults };
  }
}

/** `run` executes tasks, in this thread or another. */
export function createFileReader(run: (task: FileTask) => Promise<FileAnswer>): FileReader {
  const answer = async <Kind extends FileTask['kind']>(kind: Kind, task: FileTask) => {
    const done = await run(task);
    if (done.kind === 'invalid') throw new InvalidDataset(done.faults);
    if (done.kind !== kind) throw new Error(`asked for ${kind}, got ${done.kind}`);
    return done.answer as Extract<FileAnswer, { readonly kind: Kind }>['answer'];
  };
  return {
    preview: (file, asked) => answer('preview', { kind: 'preview', file, asked }),
    upload: (file, asked) => answer('upload', { kind: 'upload', file, asked }),
    dataset: (file, options) => answer('dataset', { kind: 'dataset', file, options }),
    inputs: (file, options) => answer('inputs', { kind: 'inputs', file, options }),
    csv: async (file) => (isStoredTable(file) ? answer('csv', { kind: 'csv', file }) : file),
  };
}

/** Executes tasks in this thread. */
export const inlineFileReader = createFileReader(doFileTask);

async function preview(file: Uint8Array, asked: AskedUpload): Promise<FilePreview> {
  const { source, options, hints, placeOf } = await readUpload(file, asked);
  const reading = withGiven(firstReading, options);
  const found = relocating(placeOf, () => previewOfCsv(source, options));
  return {
    ...found,
    faults: relocated(found.faults, placeOf),
    hints: [...hints, ...found.hints],
    reading,
    decisions: decisionsOf(reading),
  };
}

async function upload(file: Uint8Array, asked: AskedUpload): Promise<UploadedFile> {
  const { source, options, hints: ofFormat, placeOf } = await readUpload(file, asked);
  const { dataset, dropped, table } = relocating(placeOf, () => readCsv(source, options));
  const { task, hash, rows, features, classes, featureNames, targetName } = dataset;
  const reading = withGiven(firstReading, options);
  const hints = [...ofFormat, ...hintsOf(source, table, reading, { task, asked: asked.task !== undefined, classes })];
  const facts = { task, hash, rows, features, classes, featureNames, targetName };
  return { ...facts, stored: sharedCopy(storedFormOf(source)), reading, dropped, hints };
}

type PlaceOf = (line: number) => string;

/** Issues name lines of the text; users know those of their file. */
function relocated(issues: readonly FileIssue[], placeOf: PlaceOf): FileIssue[] {
  return issues.map(({ path, message }) => ({
    path: path.replace(/^line (\d+)/, (_, line: string) => placeOf(Number(line))),
    message,
  }));
}

function relocating<T>(placeOf: PlaceOf, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InvalidDataset ? new InvalidDataset(relocated(error.faults, placeOf)) : error;
  }
}
