/** What the database holds, for the terminal. */
import Table from 'cli-table3';
import type { StorageUsage } from '../contract/usage.ts';
import { formatBytes, formatCount, plural } from '../format.ts';
import { plain } from './format.ts';

type Cells = readonly (readonly (string | number)[])[];

/** The first column is text, the others are numbers. */
function tableOf(head: string[], rows: Cells): string {
  const colAligns = head.map((_, i) => (i === 0 ? ('left' as const) : ('right' as const)));
  const table = new Table({ head, colAligns, ...plain });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

export function usageTables({ bytes, tables, trials, searches, datasets, models }: StorageUsage): string {
  const perTrial =
    trials.bytesPerTrial === null
      ? ''
      : `, about ${formatBytes(trials.bytesPerTrial)} each without indexes (estimated from ${formatCount(trials.sampled)})`;
  return [
    `database ${formatBytes(bytes)}, ${plural(trials.count, 'trial')}${perTrial}`,
    tableOf(
      ['table', 'total', 'heap', 'indexes', 'TOAST', 'rows (estimated)'],
      tables.map(({ name, estimatedRows, heapBytes, indexBytes, toastBytes, totalBytes }) => [
        name,
        ...[totalBytes, heapBytes, indexBytes, toastBytes].map(formatBytes),
        formatCount(estimatedRows ?? undefined),
      ]),
    ),
    ...(searches.items.length === 0 ? [] : [largestSearches(searches)]),
    ...(datasets.items.length === 0 ? [] : [largestDatasets(datasets)]),
    ...(models.items.length === 0 ? [] : [largestModels(models)]),
  ].join('\n\n');
}

function largestSearches({ count, items }: StorageUsage['searches']): string {
  return [
    `${plural(count, 'search', 'searches')}; the largest, estimated from samples of their trials and events:`,
    tableOf(
      ['search', 'id', 'state', 'trials', 'per trial', 'trials and events'],
      items.map(({ name, id, state, trials, bytesPerTrial, estimatedBytes }) => [
        ...[name, id, state, formatCount(trials), formatBytes(bytesPerTrial), formatBytes(estimatedBytes)],
      ]),
    ),
  ].join('\n');
}

function largestDatasets({ items, ...all }: StorageUsage['datasets']): string {
  return [
    measuredLine(plural(all.count, 'version of data sets', 'versions of data sets'), all),
    tableOf(
      ['data set', 'versions', 'text', 'stored'],
      items.map(({ name, versions, bytes, storedBytes }) => [
        ...[name, formatCount(versions), formatBytes(bytes), formatBytes(storedBytes)],
      ]),
    ),
  ].join('\n');
}

function largestModels({ items, ...all }: StorageUsage['models']): string {
  return [
    measuredLine(plural(all.count, 'model'), all),
    tableOf(
      ['model', 'id', 'document', 'stored'],
      items.map(({ name, id, bytes, storedBytes }) => [name, id, formatBytes(bytes), formatBytes(storedBytes)]),
    ),
  ].join('\n');
}

function measuredLine(
  what: string,
  { count, measured, bytes }: Pick<StorageUsage['models'], 'count' | 'measured' | 'bytes'>,
): string {
  const of = measured < count ? ` (the newest ${formatCount(measured)})` : '';
  return `${what}, ${formatBytes(bytes)}${of}; the largest:`;
}
