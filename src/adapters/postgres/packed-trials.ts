/**
 * Curves and findings of a trial that has ended, in less than half the bytes that they take as jsonb: JSON in which layer signals are columns of
 * differences, compressed by deflate with a dictionary of names and sentences (packed-dictionary.ts).
 */
import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { FoldCurves, FoldsFinding, ObservedLayers } from '../../compute/trial.ts';
import type { FoldSeries } from '../../domain/curves.ts';
import { foldsOf } from '../../domain/stored.ts';
import { Prisma } from '../prisma-client/client.ts';
import { dictionary } from './packed-dictionary.ts';

/** What was measured of a trial. */
export interface Measurements {
  readonly folds: readonly FoldCurves[];
  readonly findings: readonly FoldsFinding[];
}

/** The columns that have them: `packed` counts where there are no `curves`. */
export interface PackedRow {
  readonly curves: unknown;
  readonly findings: unknown;
  readonly packed: Uint8Array | null;
}

/** The first byte, so that a later version can tell what an earlier one has written. */
const FORMAT = 1;
/** Longer texts are compressed in another thread. */
const LONG = 100_000;
/** Of the largest gradient norm and loss within an epoch, which serve to find problems: significant digits that are kept. */
const DIAGNOSTIC_DIGITS = 6;

const compress = promisify(deflateRaw);

export async function pack({ folds, findings }: Measurements): Promise<Buffer> {
  const text = Buffer.from(JSON.stringify({ folds: folds.map(packedFold), findings }));
  const bytes = text.length > LONG ? await compress(text, { dictionary }) : deflateRawSync(text, { dictionary });
  return Buffer.concat([Buffer.of(FORMAT), bytes]);
}

/** What was packed, but for the digits that were not kept. Throws for a format of a later version. */
export function unpack(packed: Uint8Array): Measurements {
  const { folds, findings } = parse(packed);
  return { folds: folds.map((fold) => ({ ...fold, signals: signalsOf(fold.signals) })), findings };
}

export function measurementsOf({ curves, findings, packed }: PackedRow): Measurements {
  const stored = curves === null && packed !== null ? unpack(packed) : { folds: curves, findings };
  return { folds: foldsOf(stored.folds), findings: stored.findings as Measurements['findings'] };
}

/** The series of the folds. Layer signals stay packed: expanding them would take longer than all the rest. */
export function seriesIn({ curves, packed }: Omit<PackedRow, 'findings'>): readonly FoldSeries[] {
  return curves === null && packed !== null ? parse(packed).folds : ((curves ?? []) as readonly FoldSeries[]);
}

/** The bytes of what is packed, or will be, as they are stored: large values are not read for it. */
export const storedSize = Prisma.sql`(coalesce(pg_column_size(curves), 0) + coalesce(pg_column_size(packed), 0))`;

function parse(packed: Uint8Array): {
  readonly folds: readonly PackedFold[];
  readonly findings: readonly FoldsFinding[];
} {
  if (packed[0] !== FORMAT)
    throw new Error(`The curves of a trial are stored in format ${packed[0]}; this version reads format ${FORMAT}.`);
  return JSON.parse(inflateRawSync(packed.subarray(1), { dictionary }).toString());
}

type Column = readonly (number | null)[];

type LayerOf<T> = { readonly [Name in keyof ObservedLayers['layers'][number]]: T };

/** Layer signals as columns over the epochs; as they were if the layers of the epochs are not alike. */
type PackedSignals =
  | readonly ObservedLayers[]
  | { readonly epoch: Column; readonly layers: readonly LayerOf<Column>[] };

type PackedFold = Omit<FoldCurves, 'signals'> & { readonly signals: PackedSignals };

function packedFold(fold: FoldCurves): PackedFold {
  const { peakLoss, gradientNorm, signals } = fold;
  return {
    ...fold,
    peakLoss: peakLoss.map(diagnostic),
    gradientNorm: gradientNorm.map(diagnostic),
    signals: columnsOf(signals),
  };
}

function diagnostic(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(DIAGNOSTIC_DIGITS));
}

function columnsOf(signals: readonly ObservedLayers[]): PackedSignals {
  const [first] = signals;
  const sizeOf = ({ layers }: ObservedLayers) => layers.map((layer) => Object.keys(layer).length).join();
  if (first === undefined || signals.some((observed) => sizeOf(observed) !== sizeOf(first))) return signals;
  return {
    epoch: differencesOf(signals.map(({ epoch }) => epoch)),
    layers: first.layers.map((layer, l) =>
      mapLayer(layer, (_, name) => differencesOf(signals.map(({ layers }) => layers[l]![name]))),
    ),
  };
}

function signalsOf(packed: PackedSignals): readonly ObservedLayers[] {
  if (!('epoch' in packed)) return packed;
  const layers = packed.layers.map((columns) => mapLayer(columns, valuesOf));
  return valuesOf(packed.epoch).map((epoch, i) => ({
    epoch: epoch!,
    layers: layers.map((columns) => mapLayer(columns, (values) => values[i]!)),
  }));
}

function mapLayer<A, B>(layer: LayerOf<A>, of: (value: A, name: keyof LayerOf<A>) => B): LayerOf<B> {
  const entries = Object.entries(layer) as [keyof LayerOf<A>, A][];
  return Object.fromEntries(entries.map(([name, value]) => [name, of(value, name)])) as LayerOf<B>;
}

/** Entry 0 of a column of numbers that are not differences. */
const PLAIN = -1;
/** Numbers with more decimal places are shorter as they are. */
const MOST_PLACES = 8;

/** The decimal places that all numbers need, then whole numbers of the last place: each less the one before. */
function differencesOf(values: Column): Column {
  let scale = 1;
  let places = 0;
  for (const value of values) {
    while (value !== null && Math.round(value * scale) / scale !== value) {
      places++;
      scale *= 10;
      if (places > MOST_PLACES) return [PLAIN, ...values];
    }
  }
  if (values.some((value) => value !== null && Math.abs(value * scale) >= 2 ** 52)) return [PLAIN, ...values];
  let before = 0;
  const differences = values.map((value) => {
    if (value === null) return null;
    const whole = Math.round(value * scale);
    const difference = whole - before;
    before = whole;
    return difference;
  });
  return [places, ...differences];
}

function valuesOf([places, ...column]: Column): Column {
  if (places === PLAIN) return column;
  const scale = 10 ** places!;
  let whole = 0;
  return column.map((difference) => {
    if (difference === null) return null;
    whole += difference;
    return whole / scale;
  });
}
