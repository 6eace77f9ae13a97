/** The one entry to trials of other tools: recognises the format of a file, and makes a search of it that has ended. Pure. */
import { decodeText, decompressFile } from '../../data/decode.ts';
import { InvalidDataset, shortened } from '../../data/faults.ts';
import type { TrialFormat } from '../../domain/specification/observed.ts';
import { Problem, type ProblemCode, type ValidationIssue } from '../../errors.ts';
import type { NameMapping } from '../names.ts';
import { isJournal } from '../optuna.ts';
import { readCsvTrials } from './csv-trials.ts';
import { type MappedName, mappedPoints } from './mapped-points.ts';
import { type ObservedSearch, observedSearch } from './observed-search.ts';
import { readJournalTrials } from './optuna-journal.ts';
import { isSqlite, readSqliteTrials } from './optuna-sqlite.ts';
import { type Asked, MAX_TRIALS_FILE, type Note, refusedFile, type SourceTrials } from './source-trials.ts';

/** More are left out: they are for people. */
const MAX_NOTES = 500;

export interface TrialsTask extends Omit<Asked, 'named'> {
  readonly bytes: Uint8Array;
  readonly format?: TrialFormat | undefined;
  readonly names: NameMapping;
  /** Of the search. */
  readonly name?: string | undefined;
  /** The name of the file. */
  readonly file?: string | undefined;
  /** Empty if there is none. */
  readonly dataset: string;
}

export interface ReadTrials {
  readonly format: TrialFormat;
  readonly search: ObservedSearch;
  readonly mapped: readonly MappedName[];
  readonly kept: readonly MappedName[];
  readonly notes: readonly Note[];
}

export type TrialsAnswer =
  | { readonly kind: 'read'; readonly read: ReadTrials }
  /** Errors lose their class when posted from a thread. */
  | {
      readonly kind: 'refused';
      readonly code: ProblemCode;
      readonly detail: string;
      readonly issues: readonly ValidationIssue[];
    };

/** In a thread: a file of 32 MB takes seconds. */
export function answerTrials(task: TrialsTask): TrialsAnswer {
  try {
    return { kind: 'read', read: readTrials(task) };
  } catch (error) {
    if (error instanceof InvalidDataset) return refused(error.message, error.faults);
    if (!(error instanceof Problem)) throw error;
    return { ...refused(error.message, error.issues), code: error.code };
  }
}

function refused(detail: string, issues: readonly ValidationIssue[]): Extract<TrialsAnswer, { kind: 'refused' }> {
  return {
    kind: 'refused',
    code: 'invalidRequest',
    detail: detail.replace(/^text: /, ''),
    // Readers that also read texts of requests name the text.
    issues: issues.map(({ path, message }) => ({ path: path.replace(/^text(?: \((.*)\))?$/, '$1'), message })),
  };
}

/** Throws a Problem or `InvalidDataset` for a file that is damaged, whose format is not known, or that needs to be asked about. */
function readTrials({ bytes: raw, format, names, name, file, dataset, ...choices }: TrialsTask): ReadTrials {
  const asked = { ...choices, named: Object.keys(names) };
  const { bytes } = decompressFile(raw, MAX_TRIALS_FILE);
  if (isSqlite(bytes) && format !== undefined && format !== 'optuna-sqlite')
    throw refusedFile('format', `the file is a SQLite database, which is optuna-sqlite, not ${format}`);
  if (isParquet(bytes))
    throw refusedFile('', 'is a Parquet file: trials are read from journals and databases of Optuna and from CSV');
  const source = isSqlite(bytes)
    ? readSqliteTrials(bytes, asked)
    : sourceIn(decodeText(bytes, undefined, MAX_TRIALS_FILE).text, asked, format);
  const points = mappedPoints(source, names);
  const { search, notes } = observedSearch(source, points, { name, file, dataset });
  return {
    format: source.format,
    search,
    mapped: points.mapped,
    kept: points.kept,
    notes: [...points.notes, ...notes].slice(0, MAX_NOTES),
  };
}

/** A page begins with a number that no text has. */
function isParquet(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'PAR1' && bytes[4] === 0x15;
}

function sourceIn(text: string, asked: Asked, format: TrialFormat | undefined): SourceTrials {
  const content = text.replace(/^\uFEFF/, '');
  if (content.trim() === '') throw refusedFile('', 'the file is empty');
  if (format === 'optuna-journal' || (format === undefined && isJournal(content)))
    return readJournalTrials(content, asked);
  if (/^\s*[[{]/.test(content))
    throw refusedFile(
      format === undefined ? '' : 'format',
      `is no file with trials ${format === undefined ? 'that is known' : `of ${format}`}: it begins with ${shortened(content.trim())}`,
    );
  if (asked.study !== undefined)
    throw refusedFile('study', 'applies to journals and databases of Optuna: a CSV has one study; leave it out');
  return readCsvTrials(content, asked, format);
}
