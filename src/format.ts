/** Formats numbers, durations and counts for the page, the command line and messages. */

/** Shown for a missing value. */
const NOTHING = '–';

/** Rounds to significant digits, without trailing zeros: 0.1235, 12350, 1.235e-7. */
export function significant(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits)));
}

/** Integers below a million in full, other numbers with `digits` significant digits, in scientific notation if very small or large. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return NOTHING;
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return String(value);
  if (size < 1e-3 || size >= 1e6) {
    const [mantissa, exponent] = value.toExponential(Math.min(2, digits - 1)).split('e');
    return exponent === undefined ? String(value) : `${Number(mantissa)}e${exponent.replace('+', '')}`;
  }
  return significant(value, digits);
}

/** The value of a hyperparameter or of a table cell. */
export function formatValue(value: number | string | boolean | null | undefined): string {
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : formatNumber(value);
}

/** The name of the severity of a finding: an error, a warning or a note. */
export function severityTitle(severity: 'fault' | 'warning' | 'note'): string {
  return severity === 'fault' ? 'error' : severity;
}

/** `formatValue` with the thousands of whole numbers grouped, for tables. */
export function formatCell(value: Parameters<typeof formatValue>[0]): string {
  return Number.isInteger(value) && Math.abs(Number(value)) < 1e6 ? formatCount(Number(value)) : formatValue(value);
}

/** 0 s, 340 ms, 3.4 s, 2 min 10 s, 1 h 5 min, 3 days. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NOTHING;
  if (seconds === 0) return '0 s';
  if (seconds < 0.9995) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  // Round before dividing, so that 119.7 s becomes 2 min 0 s.
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds < 9.95 ? seconds.toFixed(1) : whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.round(minutes / 1440)} days`;
}

/** The age of `time` at `now` (milliseconds since 1970), rounded; show the exact time in a tooltip. */
export function formatAge(time: string, now: number): string {
  const seconds = (now - Date.parse(time)) / 1000;
  if (seconds < 45) return 'just now';
  const rounded = seconds < 3600 ? Math.round(seconds / 60) * 60 : seconds;
  return `${formatDuration(rounded).replace(/ 0 (s|min)$/, '')} ago`;
}

/** An uncertainty: two significant digits, whole numbers whole. */
export function formatDeviation(deviation: number): string {
  return formatNumber(deviation >= 100 ? Math.round(deviation) : deviation, 2);
}

/** 0.976 ± 0.004: the error with two significant digits, the value with as many decimals. */
export function plusMinus(value: number, error: number): string {
  if (!(error > 0) || !Number.isFinite(error)) return formatNumber(value);
  const decimals = Math.min(Math.max(1 - Math.floor(Math.log10(error)), 0), 20);
  return `${value.toFixed(decimals)} ± ${error.toFixed(decimals)}`;
}

interface ConfirmedFinalists {
  readonly best: number | null;
  readonly searched: { readonly number: number; readonly value: number };
  readonly finalists: readonly {
    readonly number: number;
    readonly value: number;
    readonly confirmed: {
      readonly value: number;
      readonly standardError: number;
      readonly probability: number;
    } | null;
  }[];
}

/** Trial 29: 0.984 in the search, confirmed 0.976 ± 0.004; best of 10 finalists with probability 0.8. Undefined unless one is confirmed. */
export function formatConfirmation({ best, searched, finalists }: ConfirmedFinalists): string | undefined {
  const finalist = finalists.find(({ number }) => number === best);
  if (finalist?.confirmed == null) return undefined;
  const { number, value, confirmed } = finalist;
  const other =
    searched.number === number
      ? ''
      : ` Trial ${searched.number} had the best value in the search (${formatNumber(searched.value)}).`;
  const chance = `best of ${plural(finalists.length, 'finalist')} with probability ${significant(confirmed.probability, 2)}`;
  return `Trial ${number}: ${formatNumber(value)} in the search, confirmed ${plusMinus(confirmed.value, confirmed.standardError)}; ${chance}.${other}`;
}

interface TestScore {
  readonly rows: number;
  readonly value: number | null;
  readonly interval: readonly [low: number, high: number] | null;
}

/** validation 0.984, test 0.972 [0.955, 0.985] on 360 rows */
export function formatTest(validation: number | null, { rows, value, interval }: TestScore): string {
  const range = interval === null ? '' : ` [${interval.map((end) => formatNumber(end, 3)).join(', ')}]`;
  return `validation ${formatNumber(validation)}, test ${formatNumber(value)}${range} on ${plural(rows, 'row')}`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** 512 B, 4.1 kB, 12 MB: units of 1000. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return NOTHING;
  let size = bytes;
  let unit = 0;
  // What would be rounded to 1000 is in the next unit.
  for (; Math.round(size) >= 1000 && unit < byteUnits.length - 1; unit++) size /= 1000;
  return `${unit > 0 && size < 9.95 ? size.toFixed(1) : Math.round(size)} ${byteUnits[unit]}`;
}

/** A share from 0 to 1. */
export function formatPercent(share: number): string {
  if (share > 0 && share < 5e-4) return '< 0.1 %';
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

/** 12,345 */
export function formatCount(count: number | undefined): string {
  // Not by `Intl`, whose first use takes a browser 30 to 90 ms.
  return count === undefined ? NOTHING : String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 1 trial, 12,345 trials */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `learningRate` becomes `learning rate`. */
export function words(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}
