/** Data sets: the built-in ones are files of the project, the others stand in Postgres, every version of them. */
import { LRUCache } from 'lru-cache';
import type { DatasetStore } from '../../application/ports/dataset-store.ts';
import { sharedFile } from '../../application/shared-file.ts';
import { builtinDatasets, loadBuiltin } from '../../data/builtin.ts';
import type { InputColumn } from '../../data/columns.ts';
import type { Dataset } from '../../data/dataset.ts';
import { InvalidDataset } from '../../data/faults.ts';
import { type FileReader, inlineFileReader, type UploadedFile } from '../../data/file-work.ts';
import type { Hint } from '../../data/hint.ts';
import { type CsvReading, firstReading, withGiven } from '../../data/reading.ts';
import { decisionsOf } from '../../data/upload.ts';
import type { DatasetSummary } from '../../domain/dataset-record.ts';
import { isOpen, searchStates } from '../../domain/search.ts';
import { Problem } from '../../errors.ts';
import { writeCsv } from '../../write-csv.ts';
import type { Dataset as DatasetRow } from '../prisma-client/client.ts';
import { again } from './change-search.ts';
import type { Database, Transaction } from './connection.ts';
import { storageIssue } from './quotas.ts';

/** How many uploaded data sets are kept in memory; the one that was not used for longest makes room. */
const MAX_LOADED = 8;

/** `folder` holds the files of the built-in data sets; `files` reads the others. */
export function createDatasetStore(
  database: Database,
  folder: string,
  files: FileReader = inlineFileReader,
): DatasetStore {
  const builtin = new Map<string, Dataset>();
  const builtIn = (name: string): Dataset | undefined => {
    const known = builtin.get(name) ?? loadBuiltin(name, folder);
    if (known !== undefined) builtin.set(name, known);
    return known;
  };
  /** A built-in data set has one version. */
  const builtInAt = (name: string, hash: string | undefined) => {
    const known = builtIn(name);
    return hash === undefined || known?.hash === hash ? known : undefined;
  };
  return {
    find: async (name, hash) => {
      const known = builtInAt(name, hash);
      return known === undefined ? found(database, name, hash) : summaryOf(known);
    },
    load: keptLoader(database, files, builtInAt),
    list: async (project) => {
      const rows = await database.dataset.findMany({
        where: project === undefined ? {} : { project },
        omit: { csv: true },
        distinct: ['name'],
        orderBy: [{ name: 'asc' }, { version: 'desc' }],
        take: 1000,
      });
      const versions = await versionsOf(
        database,
        rows.map(({ name }) => name),
      );
      const uploaded = rows.map((row) => summaryOfRow(row, versions.get(row.name) ?? [row.hash]));
      return [...builtinDatasets.map(({ name }) => summaryOf(builtIn(name)!)), ...uploaded];
    },
    csv: async (name, hash) => {
      const known = builtInAt(name, hash);
      if (known !== undefined) return Buffer.from(csvOf(known));
      const wanted = hash ?? (await newestHash(database, name));
      const stored = wanted === undefined ? undefined : await storedForm(database, name, wanted);
      return stored && bufferOf(await files.csv(stored));
    },
    inputs: async (name, hash) => {
      const known = builtInAt(name, hash);
      if (known !== undefined) return { columns: numberColumns(known), reading: firstReading };
      const [row, stored] = await version(database, name, hash);
      if (row === null || stored === undefined) return undefined;
      const reading = readingOf(row);
      const columns = await files.inputs(stored, { ...reading, name, target: row.target, task: taskOf(row) });
      return { columns, reading };
    },
    add: (upload) => add(database, files, upload),
    remove: (name, force) => remove(database, name, force),
  };
}

type BuiltInAt = (name: string, hash: string | undefined) => Dataset | undefined;

/** Reads data sets, and keeps those that were used last. */
function keptLoader(database: Database, files: FileReader, builtInAt: BuiltInAt): DatasetStore['load'] {
  const kept = new LRUCache<string, Promise<Dataset | undefined>>({ max: MAX_LOADED });
  return async (name, hash) => {
    const known = builtInAt(name, hash);
    if (known !== undefined) return known;
    const wanted = hash ?? (await newestHash(database, name));
    if (wanted === undefined) return undefined;
    const key = `${name} ${wanted}`;
    const reading = kept.get(key) ?? read(database, files, name, wanted);
    kept.set(key, reading);
    // What is not there, or could not be read, may be another time.
    const forget = () => kept.peek(key) === reading && kept.delete(key);
    const dataset = await reading.catch((error: unknown) => {
      forget();
      throw error;
    });
    if (dataset === undefined) forget();
    return dataset;
  };
}

async function read(database: Database, files: FileReader, name: string, hash: string): Promise<Dataset | undefined> {
  const [row, stored] = await version(database, name, hash);
  if (row === null || stored === undefined) return undefined;
  return files.dataset(stored, { ...readingOf(row), name, target: row.target, task: taskOf(row) });
}

/** What is stored of a version, and its rows. */
function version(database: Database, name: string, hash: string) {
  return Promise.all([
    database.dataset.findUnique({ where: { name_hash: { name, hash } }, omit: { csv: true } }),
    storedForm(database, name, hash),
  ]);
}

/** Bytes that are sent to Postgres or read from it at once: the driver copies them, and makes text of what it reads, in one go. */
const PART_BYTES = 1024 * 1024;

/** In parts of a value that Postgres reads once, which adding nothing to it achieves. */
async function storedForm(database: Database, name: string, hash: string): Promise<Buffer | undefined> {
  const rows = await database.$queryRaw<{ part: Buffer }[]>`
    WITH stored AS MATERIALIZED (SELECT csv || ''::bytea AS bytes FROM datasets WHERE name = ${name} AND hash = ${hash})
    SELECT substring(bytes FROM 1 + i * ${PART_BYTES}::int FOR ${PART_BYTES}::int) AS part
    FROM stored CROSS JOIN LATERAL generate_series(0, octet_length(bytes) / ${PART_BYTES}::int) i ORDER BY i`;
  return rows.length === 0 ? undefined : sharedFile(rows.map(({ part }) => part));
}

async function newestHash(database: Database, name: string): Promise<string | undefined> {
  const row = await database.dataset.findFirst({
    where: { name },
    select: { hash: true },
    orderBy: { version: 'desc' },
  });
  return row?.hash;
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

async function found(database: Database, name: string, hash?: string): Promise<DatasetSummary | undefined> {
  const where = { name, ...(hash !== undefined && { hash }) };
  const row = await database.dataset.findFirst({ where, omit: { csv: true }, orderBy: { version: 'desc' } });
  if (row === null) return undefined;
  return summaryOfRow(row, (await versionsOf(database, [name])).get(name) ?? [row.hash]);
}

/** The hashes of all versions, the newest first. */
async function versionsOf(database: Database, names: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await database.dataset.findMany({
    where: { name: { in: [...names] } },
    select: { name: true, hash: true },
    orderBy: { version: 'desc' },
  });
  const versions = new Map<string, string[]>();
  for (const { name, hash } of rows) versions.set(name, [...(versions.get(name) ?? []), hash]);
  return versions;
}

async function add(
  database: Database,
  files: FileReader,
  { file, project, ...asked }: Parameters<DatasetStore['add']>[0],
): Promise<DatasetSummary> {
  const { name } = asked;
  if (builtinDatasets.some((known) => known.name === name)) {
    throw new Problem('datasetExists', `${name} is built in; choose another name`);
  }
  const uploaded = await refusedIfInvalid(files.upload(file, asked));
  const { targetName, hash, rows, features, classes, featureNames, task, stored, dropped, reading, hints } = uploaded;
  await again(() =>
    database.$pipeline(async (transaction) => {
      await lockName(transaction, name);
      const [last] = await transaction.$queryRaw<Pick<DatasetRow, 'hash' | 'version' | 'project'>[]>`
        SELECT hash, version, project FROM datasets WHERE name = ${name} ORDER BY version DESC LIMIT 1`;
      if (last !== undefined && last.project !== project) {
        throw new Problem('datasetExists', `another project has a data set ${name}; choose another name`);
      }
      const version = last === undefined ? 1 : last.hash === hash ? last.version : last.version + 1;
      await sendParts(transaction, stored);
      await transaction.$executeRaw`
        INSERT INTO datasets (name, hash, version, project, title, task, target, rows, features, dropped, classes, feature_names, options, hints, csv)
        VALUES (${name}, ${hash}, ${version}::int, ${project}, ${name}, ${task}, ${targetName}, ${rows}::int, ${features}::int, ${dropped}::int,
          ${[...classes]}::text[], ${[...featureNames]}::text[], ${JSON.stringify(reading)}::jsonb, ${JSON.stringify(hints)}::jsonb,
          (SELECT string_agg(bytes, ''::bytea ORDER BY place) FROM sent_parts))
        ON CONFLICT (name, hash) DO UPDATE SET version = excluded.version, title = excluded.title, task = excluded.task,
          target = excluded.target, rows = excluded.rows, features = excluded.features, dropped = excluded.dropped,
          classes = excluded.classes, feature_names = excluded.feature_names, options = excluded.options, hints = excluded.hints,
          csv = excluded.csv`;
      // Not as the last statement: it refuses after it was answered, when that is committed.
      await refuseTooLarge(transaction, project, stored.byteLength);
      return { last: undefined };
    }),
  );
  return (await found(database, name, hash))!;
}

/** To a table of the connection, which is empty again once the transaction ends. */
async function sendParts(transaction: Transaction, file: Uint8Array): Promise<void> {
  await transaction.$executeRaw`CREATE TEMP TABLE IF NOT EXISTS sent_parts (place int, bytes bytea) ON COMMIT DELETE ROWS`;
  for (let at = 0; at < file.length; at += PART_BYTES) {
    const part = bufferOf(file.subarray(at, at + PART_BYTES));
    await transaction.$executeRaw`INSERT INTO sent_parts (place, bytes) VALUES (${at}::int, ${part}::bytea)`;
  }
}

/** Called once it is written: it may have replaced what was there. */
async function refuseTooLarge(transaction: Transaction, project: string, bytes: number): Promise<void> {
  const issue = await storageIssue(transaction, project, bytes, true);
  if (issue !== undefined) throw new Problem('storageLimit', issue);
}

/** Uploads and deletions of one name happen one after the other. */
async function lockName(transaction: Pick<Transaction, '$executeRaw'>, name: string): Promise<void> {
  await transaction.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('hypersearch dataset'), hashtext(${name}))`;
}

async function remove(database: Database, name: string, force: boolean): ReturnType<DatasetStore['remove']> {
  if (builtinDatasets.some((known) => known.name === name)) {
    throw new Problem('datasetInUse', `${name} is built in and cannot be deleted`);
  }
  return database.$transaction(async (transaction) => {
    await lockName(transaction, name);
    // A search that begins meanwhile holds the rows until it is there (search-store.ts).
    const rows = await transaction.$queryRaw<unknown[]>`SELECT 1 FROM datasets WHERE name = ${name} FOR UPDATE`;
    if (rows.length === 0) throw new Problem('notFound', `there is no data set ${name}`);
    const searches = await transaction.search.findMany({ where: { dataset: name }, select: { id: true, state: true } });
    const uses = searches.map(({ id, state }) => ({ id, state: stateOf(state) }));
    const removed = !uses.some(({ state }) => !force || isOpen(state));
    if (removed) await transaction.dataset.deleteMany({ where: { name } });
    return { removed, uses };
  });
}

/**
 * Holds a version of an uploaded data set until the transaction ends, so that none is deleted while a search on it begins; false where
 * it is gone.
 */
export async function holdDataset(
  transaction: Pick<Transaction, '$queryRaw'>,
  name: string,
  hash: string,
): Promise<boolean> {
  if (builtinDatasets.some((known) => known.name === name)) return true;
  const rows = await transaction.$queryRaw<unknown[]>`
    SELECT 1 FROM datasets WHERE name = ${name} AND hash = ${hash} FOR KEY SHARE`;
  return rows.length > 0;
}

function stateOf(state: string): (typeof searchStates)[number] {
  return searchStates.find((known) => known === state) ?? 'failed';
}

async function refusedIfInvalid(upload: Promise<UploadedFile>): Promise<UploadedFile> {
  try {
    return await upload;
  } catch (error) {
    if (!(error instanceof InvalidDataset)) throw error;
    const count = error.faults.length;
    const gaps = error.faults.some(({ message }) => message.startsWith('the value is missing'));
    const advice = gaps ? '; missing=fill fills inputs and leaves out rows without a target' : '';
    throw new Problem(
      'invalidRequest',
      `${count === 1 ? '' : `the data set has ${count} errors; `}${error.message}${advice}`,
      error.faults,
    );
  }
}

function summaryOf(dataset: Dataset): DatasetSummary {
  const { name, task, rows, features, classes, hash, targetName, featureNames, attribution } = dataset;
  const info = builtinDatasets.find((known) => known.name === name);
  return {
    name,
    title: info?.title ?? name,
    project: null,
    task,
    rows,
    features,
    classes,
    target: targetName,
    featureNames,
    hash,
    versions: [hash],
    attribution: attribution ?? null,
    builtIn: true,
    dropped: 0,
    reading: firstReading,
    decisions: decisionsOf(firstReading),
    hints: [],
  };
}

/** Those of before there were dialects have some of it, or nothing. Gzip was the only compression, `gzip: true`. */
function readingOf({ options }: Pick<DatasetRow, 'options'>): CsvReading {
  const { gzip, ...stored } = options as Partial<CsvReading> & { readonly gzip?: boolean };
  return withGiven(firstReading, { ...(gzip === true && { compression: 'gzip' }), ...stored });
}

function taskOf({ task }: Pick<DatasetRow, 'task'>): Dataset['task'] {
  return task === 'classification' ? 'classification' : 'regression';
}

/** Without reading the rows: they may be many. */
function summaryOfRow(row: Omit<DatasetRow, 'csv'>, versions: readonly string[]): DatasetSummary {
  const { name, title, project, rows, features, classes, target, featureNames, hash, dropped } = row;
  const reading = readingOf(row);
  return {
    name,
    title,
    project,
    rows,
    features,
    classes,
    target,
    featureNames,
    hash,
    dropped,
    versions,
    reading,
    decisions: decisionsOf(reading),
    hints: row.hints as unknown as readonly Hint[],
    task: taskOf(row),
    attribution: null,
    builtIn: false,
  };
}

/** All columns of the built-in data sets are numbers. */
function numberColumns({ featureNames }: Dataset): InputColumn[] {
  return featureNames.map((name) => ({ type: 'number', name, gaps: false }));
}

/** The shortest digits that give every float32 back: reading the text again gives the same data set, bit for bit. */
function csvOf({ featureNames, targetName, rows, features, x, y, classes }: Dataset): string {
  const records: (string | number)[][] = [[...featureNames, targetName]];
  for (let row = 0; row < rows; row++) {
    records.push([...x.subarray(row * features, (row + 1) * features), classes[y[row]!] ?? y[row]!]);
  }
  return writeCsv(records);
}
