/** Output of benchmarks. */

export type Cell = string | number;

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** `1.42 (1.37–1.50)`: the median, and from the least to the greatest. */
export function spread(numbers: readonly number[], digits = 2): string {
  if (numbers.length === 0) return '–';
  const [least, greatest] = [Math.min(...numbers), Math.max(...numbers)];
  return `${median(numbers).toFixed(digits)} (${least.toFixed(digits)}–${greatest.toFixed(digits)})`;
}

/** Columns as wide as their widest cell; numbers to the right. */
export function tableOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const widths = head.map((name, k) => Math.max(name.length, ...rows.map((row) => String(row[k] ?? '').length)));
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, k) => (typeof cell === 'number' ? String(cell).padStart(widths[k]!) : cell.padEnd(widths[k]!)))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(line).join('\n');
}

/** A whole number from 1 on that was given as `--name TEXT`. */
export function countFrom(name: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new Error(`--${name} must be a whole number from 1 on, got ${text}`);
}

/** Runs a benchmark. Errors about arguments or data are printed in one line; other errors with their stack. */
export async function runBench(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const expected = error instanceof Error && (error.constructor === Error || 'code' in error);
    if (!expected) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
