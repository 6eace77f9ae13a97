/** The work that a file makes, as data in and out: reading 64 MB takes seconds, so that a thread does it (workers/file-thread.ts). */
import { datasetFromCsv, readCsv } from './csv-dataset.ts';
import { type CsvPreview, previewOfCsv } from './csv-preview.ts';
import type { CsvOptions } from './csv-table.ts';
import type { Dataset } from './dataset.ts';
import { type Fault, InvalidDataset } from './faults.ts';
import type { Hint } from './hint.ts';
import { hintsOf } from './hints.ts';
import { type CsvReading, firstReading, withGiven } from './reading.ts';
import { type AskedUpload, type Decision, decisionsOf, readUpload } from './upload.ts';

export interface FilePreview extends CsvPreview {
  readonly reading: CsvReading;
  readonly decisions: readonly Decision[];
}

/** All of an uploaded data set but its rows, which are read again from the text when they are needed. */
export interface UploadedFile
  extends Pick<Dataset, 'task' | 'hash' | 'rows' | 'features' | 'classes' | 'featureNames' | 'targetName'> {
  /** UTF-8 */
  readonly text: Uint8Array;
  readonly reading: CsvReading;
  readonly dropped: number;
  readonly hints: readonly Hint[];
}

/** Each throws `InvalidDataset` for what cannot be read. */
export interface FileReader {
  preview(file: Uint8Array, asked: AskedUpload): Promise<FilePreview>;
  upload(file: Uint8Array, asked: AskedUpload): Promise<UploadedFile>;
  /** A stored text, by its reading. */
  dataset(text: Uint8Array, options: CsvOptions): Promise<Dataset>;
}

export type FileTask =
  | { readonly kind: 'preview' | 'upload'; readonly file: Uint8Array; readonly asked: AskedUpload }
  | { readonly kind: 'dataset'; readonly file: Uint8Array; readonly options: CsvOptions };
export type FileAnswer =
  | { readonly kind: 'preview'; readonly answer: FilePreview }
  | { readonly kind: 'upload'; readonly answer: UploadedFile }
  | { readonly kind: 'dataset'; readonly answer: Dataset }
  /** Errors lose their class on the way from a thread. */
  | { readonly kind: 'invalid'; readonly faults: readonly Fault[] };

export function doFileTask(task: FileTask): FileAnswer {
  try {
    if (task.kind === 'dataset') {
      return { kind: 'dataset', answer: datasetFromCsv(Buffer.from(task.file).toString(), task.options) };
    }
    const { kind, file, asked } = task;
    return kind === 'preview' ? { kind, answer: preview(file, asked) } : { kind, answer: upload(file, asked) };
  } catch (error) {
    if (!(error instanceof InvalidDataset)) throw error;
    return { kind: 'invalid', faults: error.faults };
  }
}

/** `run` does tasks here or elsewhere. */
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
  };
}

/** Does all of it at once, in this thread. */
export const inlineFileReader = createFileReader(async (task) => doFileTask(task));

function preview(file: Uint8Array, asked: AskedUpload): FilePreview {
  const { text, options } = readUpload(file, asked);
  const reading = withGiven(firstReading, options);
  return { ...previewOfCsv(text, options), reading, decisions: decisionsOf(reading) };
}

function upload(file: Uint8Array, asked: AskedUpload): UploadedFile {
  const { text, options } = readUpload(file, asked);
  const { dataset, dropped, table } = readCsv(text, options);
  const { task, hash, rows, features, classes, featureNames, targetName } = dataset;
  const reading = withGiven(firstReading, options);
  const hints = hintsOf(text, table, reading, { task, asked: asked.task !== undefined, classes });
  const facts = { task, hash, rows, features, classes, featureNames, targetName };
  return { ...facts, text: Buffer.from(text), reading, dropped, hints };
}
