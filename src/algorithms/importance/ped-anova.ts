/**
 * PED-ANOVA (Watanabe, Bansal & Hutter 2023): how much the distribution of a hyperparameter among the best tenth of the trials differs from
 * that among all. Unlike fANOVA it does not explain variance, but what the best trials have in common.
 */
import { normalMass } from '../samplers/tpe/parzen.ts';

const STEPS = 50;
const BEST = 0.1;
const MIN_BEST = 2;
const EPSILON = 1e-12;
/** The minimum bandwidth: nine tenths of the kernel's mass are in its own cell. */
const MIN_BANDWIDTH = 0.5 / 1.64;

/**
 * By column: γ² times the Pearson divergence of the best from all, γ being the share of the best. `columns` are positions from 0 to 1
 * on the hyperparameter's axis, or indices of choices; `choices` is the number of choices, 0 if numeric. Smaller losses are better.
 */
export function pedAnova(columns: readonly Float64Array[], choices: readonly number[], losses: Float64Array): number[] {
  const sorted = losses.toSorted();
  const cutoff = sorted[Math.max(MIN_BEST, Math.ceil(BEST * losses.length)) - 1]!;
  const isBest = Array.from(losses, (loss) => loss <= cutoff);
  const gamma = isBest.filter(Boolean).length / losses.length;
  return columns.map((column, j) => {
    const cells = choices[j]! > 0 ? choices[j]! : STEPS;
    const cellOf = (place: number) => (choices[j]! > 0 ? place : Math.max(0, Math.ceil(place * (STEPS - 1) - 0.5)));
    const counted = (which: (row: number) => boolean) => {
      const counts = new Float64Array(cells);
      column.forEach((place, row) => {
        if (which(row)) counts[cellOf(place)]!++;
      });
      return choices[j]! > 0 ? choiceShares(counts) : density(counts);
    };
    const all = counted(() => true);
    const best = counted((row) => isBest[row]!);
    const divergence = all.reduce((sum, p, cell) => {
      const [a, b] = [p + EPSILON, best[cell]! + EPSILON];
      return sum + a * (b / a - 1) ** 2;
    }, 0);
    return gamma * gamma * divergence;
  });
}

/** Frequencies with one additional trial spread evenly over the choices. */
function choiceShares(counts: Float64Array): Float64Array {
  const n = counts.reduce((a, b) => a + b, 0) + 1;
  return counts.map((count) => (count + 1 / counts.length) / n);
}

/** Normal kernels with Scott's bandwidth (1992) around the cells, and one as wide as the whole axis. */
function density(counts: Float64Array): Float64Array {
  const cells = counts.length;
  const n = counts.reduce((a, b) => a + b, 0);
  const sigma = bandwidth(counts, n);
  const shares = new Float64Array(cells);
  const add = (mu: number, width: number, weight: number) => {
    const whole = normalMass((-0.5 - mu) / width, (cells - 0.5 - mu) / width);
    for (let cell = 0; cell < cells; cell++) {
      shares[cell]! += (weight * normalMass((cell - 0.5 - mu) / width, (cell + 0.5 - mu) / width)) / whole;
    }
  };
  counts.forEach((count, cell) => {
    if (count > 0) add(cell, sigma, count / (n + 1));
  });
  add((cells - 1) / 2, cells, 1 / (n + 1));
  return shares;
}

function bandwidth(counts: Float64Array, n: number): number {
  let [sum, squares] = [0, 0];
  counts.forEach((count, cell) => {
    sum += count * cell;
  });
  counts.forEach((count, cell) => {
    squares += count * (cell - sum / n) ** 2;
  });
  const deviation = Math.sqrt(squares / Math.max(1, n - 1));
  const cells = [...counts.keys()].filter((cell) => counts[cell]! > 0);
  const cumulated: number[] = [];
  for (const cell of cells) cumulated.push((cumulated.at(-1) ?? 0) + counts[cell]!);
  const lower = cumulated.findIndex((count) => count >= Math.floor(n / 4));
  const upper = cumulated.findIndex((count) => count > Math.floor((n * 3) / 4));
  const between = cells[upper < 0 ? cells.length - 1 : upper]! - cells[lower]!;
  const spread = Math.min(between / 1.34, deviation);
  return Math.max(1.059 * spread * n ** -0.2, MIN_BANDWIDTH);
}
