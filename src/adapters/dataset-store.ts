/** Data sets: the built-in ones are files of the project, the others stand in Postgres as they were uploaded. */
import { builtinDatasets, loadBuiltin } from '../data/builtin.ts';
import { type CsvOptions, type CsvReading, datasetFromCsv, plainReading, readCsv } from '../data/csv-dataset.ts';
import type { Dataset } from '../data/dataset.ts';
import { InvalidDataset } from '../data/faults.ts';
import { Problem } from '../errors.ts';
import type { DatasetStore, DatasetSummary } from '../searches/ports.ts';
import type { Database } from './connection.ts';
import { type Dataset as DatasetRow, Prisma } from './prisma-client/client.ts';

/** How many uploaded data sets are kept in memory; the one that was not used for longest makes room. */
const MOST_LOADED = 8;

/** `folder` holds the files of the built-in data sets. */
export function createDatasetStore(database: Database, folder: string): DatasetStore {
  const builtin = new Map<string, Dataset>();
  const uploaded = new Map<string, Dataset>();

  const loadKnown = (name: string): Dataset | undefined => {
    const known = builtin.get(name) ?? loadBuiltin(name, folder);
    if (known !== undefined) builtin.set(name, known);
    return known;
  };
  const load = async (name: string): Promise<Dataset | undefined> => {
    const known = loadKnown(name) ?? uploaded.get(name);
    if (known !== undefined && !builtin.has(name)) {
      uploaded.delete(name);
      uploaded.set(name, known);
    }
    if (known !== undefined) return known;
    const row = await database.dataset.findUnique({ where: { name } });
    if (row === null) return undefined;
    const task = row.task === 'classification' ? 'classification' : 'regression';
    const text = Buffer.from(row.csv).toString();
    const dataset = datasetFromCsv(text, { ...readingOf(row), name, target: row.target, task });
    if (uploaded.size >= MOST_LOADED) uploaded.delete(uploaded.keys().next().value!);
    uploaded.set(name, dataset);
    return dataset;
  };
  const find = async (name: string): Promise<DatasetSummary | undefined> => {
    const known = loadKnown(name);
    if (known !== undefined) return summaryOf(known);
    const row = await database.dataset.findUnique({ where: { name }, omit: { csv: true } });
    return row === null ? undefined : summaryOfRow(row);
  };

  return {
    find,
    load,
    list: async () => {
      const rows = await database.dataset.findMany({ omit: { csv: true }, orderBy: { name: 'asc' }, take: 1000 });
      return [...builtinDatasets.map(({ name }) => summaryOf(loadKnown(name)!)), ...rows.map(summaryOfRow)];
    },
    csv: async (name) => {
      const known = loadKnown(name);
      if (known !== undefined) return csvOf(known);
      const row = await database.dataset.findUnique({ where: { name }, select: { csv: true } });
      return row === null ? undefined : Buffer.from(row.csv).toString();
    },
    add: async ({ csv, ...options }) => {
      const { name } = options;
      const { category, ignore, missing } = { ...plainReading, ...definedOf(options) };
      const reading = { category: [...category], ignore: [...ignore], missing };
      if (builtinDatasets.some((known) => known.name === name)) {
        throw new Problem('datasetExists', `${name} is built in; choose another name`);
      }
      const { dataset, dropped } = parse(csv.toString(), options);
      const { targetName, hash, rows, features, classes } = dataset;
      const data = { name, title: name, task: dataset.task, target: targetName, hash, rows, features, dropped };
      try {
        const lists = { classes: [...classes], featureNames: [...dataset.featureNames] };
        await database.dataset.create({
          data: {
            ...data,
            ...lists,
            options: reading,
            csv: new Uint8Array(csv),
          },
        });
      } catch (error) {
        if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')) throw error;
        throw new Problem('datasetExists', `${name} exists; data sets do not change, choose another name`);
      }
      return { ...summaryOf(dataset), dropped, reading };
    },
  };
}

function parse(text: string, options: CsvOptions): ReturnType<typeof readCsv> {
  try {
    return readCsv(text, options);
  } catch (error) {
    if (!(error instanceof InvalidDataset)) throw error;
    throw new Problem('invalidRequest', `the data set has ${error.faults.length} faults`, error.faults);
  }
}

function summaryOf(dataset: Dataset): DatasetSummary {
  const { name, task, rows, features, classes, hash, targetName, featureNames, attribution } = dataset;
  const info = builtinDatasets.find((known) => known.name === name);
  return {
    name,
    title: info?.title ?? name,
    task,
    rows,
    features,
    classes,
    target: targetName,
    featureNames,
    hash,
    attribution: attribution ?? null,
    builtIn: info !== undefined,
    dropped: 0,
    reading: plainReading,
  };
}

/** Those of before there were options have none. */
function readingOf({ options }: Pick<DatasetRow, 'options'>): CsvReading {
  return { ...plainReading, ...(options as Partial<CsvReading>) };
}

function definedOf(options: CsvOptions): Partial<CsvReading> {
  const { category, ignore, missing } = options;
  return { ...(category && { category }), ...(ignore && { ignore }), ...(missing && { missing }) };
}

/** Without reading the rows: they may be many. */
function summaryOfRow({ task, createdAt: _, options, ...row }: Omit<DatasetRow, 'csv'>): DatasetSummary {
  return {
    ...row,
    reading: readingOf({ options }),
    task: task === 'classification' ? 'classification' : 'regression',
    attribution: null,
    builtIn: false,
  };
}

/** The shortest digits that give every float32 back: reading the text again gives the same data set, bit for bit. */
function csvOf({ featureNames, targetName, rows, features, x, y, classes }: Dataset): string {
  const lines = [[...featureNames, targetName].map(quoted).join(',')];
  for (let row = 0; row < rows; row++) {
    const inputs = Array.from(x.subarray(row * features, (row + 1) * features), String);
    const target = classes.length > 0 ? quoted(classes[y[row]!]!) : String(y[row]!);
    lines.push([...inputs, target].join(','));
  }
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
