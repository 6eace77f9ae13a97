/** Numbers, durations and counts as people read them: on the page, in the terminal and in sentences of the service. */

/** Written where there is no value. */
const NOTHING = '–';

/** So many significant digits, and no zeros behind them: 0.1235, 12350, 1.235e-7. */
export function significant(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits)));
}

/** Whole numbers in full up to a million, others with so many significant digits; powers of ten where plain digits would be long. */
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

/** The value of a hyperparameter, or of anything else that is shown in a table. */
export function formatValue(value: number | string | boolean | null | undefined): string {
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : formatNumber(value);
}

/** 340 ms, 3.4 s, 2 min 10 s, 1 h 5 min, 3 days. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NOTHING;
  if (seconds < 0.095) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  // Rounded before it is divided: 119.7 s are 2 min 0 s.
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds < 9.95 ? seconds.toFixed(1) : whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.round(minutes / 1440)} days`;
}

/** How long before `now` (in milliseconds since 1970) that time was; the exact time belongs into a title. */
export function formatAge(time: string, now: number): string {
  const seconds = (now - Date.parse(time)) / 1000;
  if (seconds < 45) return 'just now';
  const rounded = seconds < 3600 ? Math.round(seconds / 60) * 60 : seconds;
  return `${formatDuration(rounded).replace(/ 0 (s|min)$/, '')} ago`;
}

/** A share from 0 to 1. */
export function formatPercent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

/** 12,345 */
export function formatCount(count: number | undefined): string {
  return count === undefined ? NOTHING : count.toLocaleString('en');
}

/** 1 trial, 12,345 trials */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `learningRate` as two words. */
export function words(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}
