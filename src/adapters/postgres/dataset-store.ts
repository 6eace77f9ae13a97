/** Data sets: the built-in ones are files of the project, the others stand in Postgres, every version of them. */
import { LRUCache } from 'lru-cache';
import type { DatasetStore } from '../../application/ports.ts';
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
import type { Dataset as DatasetRow, Prisma } from '../prisma-client/client.ts';
import { again } from './change-search.ts';
import type { Database, ModelTransaction, Transaction } from './connection.ts';
import { storageIssue } from './quotas.ts';

/** How many uploaded data sets are kept in memory; the one that was not used for longest makes room. */
const MAX_LOADED = 8;
/** A file of 64 MB takes seconds to be written. */
const UPLOAD_TIMEOUT_MS = 60_000;

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
      if (known !== undefined) return csvOf(known);
      const row = await newest(database, name, hash, { csv: true });
      return row === undefined ? undefined : Buffer.from(await files.csv(row.csv)).toString();
    },
    inputs: async (name, hash) => {
      const known = builtInAt(name, hash);
      if (known !== undefined) return { columns: numberColumns(known), reading: firstReading };
      const row = await database.dataset.findUnique({ where: { name_hash: { name, hash } } });
      if (row === null) return undefined;
      const reading = readingOf(row);
      const columns = await files.inputs(row.csv, { ...reading, name, target: row.target, task: taskOf(row) });
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
    const wanted = hash ?? (await newest(database, name, undefined, { hash: true }))?.hash;
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
  const row = await database.dataset.findUnique({ where: { name_hash: { name, hash } } });
  if (row === null) return undefined;
  return files.dataset(row.csv, { ...readingOf(row), name, target: row.target, task: taskOf(row) });
}

/** Of the version with that hash, or else of the newest: what is selected. */
async function newest<Select extends Prisma.DatasetSelect>(
  database: Database,
  name: string,
  hash: string | undefined,
  select: Select,
): Promise<Prisma.DatasetGetPayload<{ select: Select }> | undefined> {
  const where = { name, ...(hash !== undefined && { hash }) };
  const row = await database.dataset.findFirst({ where, select, orderBy: { version: 'desc' } });
  return (row as Prisma.DatasetGetPayload<{ select: Select }> | null) ?? undefined;
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
  const facts = { title: name, task, target: targetName, rows, features, dropped };
  const data = {
    ...facts,
    classes: [...classes],
    featureNames: [...featureNames],
    options: { ...reading } as unknown as Prisma.InputJsonObject,
    hints: hints as unknown as Prisma.InputJsonArray,
    csv: new Uint8Array(stored),
  };
  await again(() =>
    database.$transaction(
      async (transaction) => {
        await lockName(transaction, name);
        const last = await transaction.dataset.findFirst({
          where: { name },
          select: { hash: true, version: true, project: true },
          orderBy: { version: 'desc' },
        });
        if (last !== null && last.project !== project) {
          throw new Problem('datasetExists', `another project has a data set ${name}; choose another name`);
        }
        const version = last === null ? 1 : last.hash === hash ? last.version : last.version + 1;
        const where = { name_hash: { name, hash } };
        const select = { hash: true } as const;
        // Not as one upsert, which would send the rows twice; the lock keeps others away.
        const known = await transaction.dataset.findUnique({ where, select });
        if (known === null)
          await transaction.dataset.create({ data: { ...data, name, project, hash, version }, select });
        else await transaction.dataset.update({ where, data: { ...data, version }, select });
        await refuseTooLarge(transaction, project, data.csv.byteLength);
      },
      { timeout: UPLOAD_TIMEOUT_MS },
    ),
  );
  return (await found(database, name, hash))!;
}

/** Called once it is written: it may have replaced what was there. */
async function refuseTooLarge(transaction: ModelTransaction, project: string, bytes: number): Promise<void> {
  const issue = await storageIssue(transaction, project, bytes, true);
  if (issue !== undefined) throw new Problem('storageLimit', issue);
}

/** Uploads and deletions of one name happen one after the other. */
async function lockName(transaction: ModelTransaction, name: string): Promise<void> {
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
