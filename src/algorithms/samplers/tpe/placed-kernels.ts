/** Centres and widths of the kernels of a numeric hyperparameter, kept sorted: a change affects only the neighbours on the axis. */
import type { NumericColumn } from './observed.ts';
import { kernelWidth, leastWidth } from './parzen.ts';
import { insertAt, placeIn, removeAt, withRoom } from './sorted.ts';

export class PlacedKernels {
  /** The first `ordered` entries are the rows that have a place, sorted by it. */
  order = new Uint32Array(0);
  ordered = 0;
  /** By row. Row 0 is the prior's kernel, which is also that of rows without a place. */
  mu = new Float64Array(0);
  sigma = new Float64Array(0);

  readonly #column: NumericColumn;
  readonly #changed: (row: number, mu: number, sigma: number) => void;
  /** Rows that were added, and a neighbour of each row that was removed. */
  readonly #touched = new Set<number>();
  #least = 0;

  /** `changed` is called for every new kernel, not later than in `settle`. */
  constructor(column: NumericColumn, changed: (row: number, mu: number, sigma: number) => void) {
    this.#column = column;
    this.#changed = changed;
    this.add(0);
  }

  add(row: number): void {
    this.mu = withRoom(this.mu, row + 1);
    this.sigma = withRoom(this.sigma, row + 1);
    const { axis, places } = this.#column;
    const place = places[row]!;
    if (Number.isNaN(place)) {
      this.#set(row, (axis.low + axis.high) / 2, axis.high - axis.low);
      return;
    }
    this.mu[row] = place;
    this.sigma[row] = Number.NaN;
    this.order = withRoom(this.order, this.ordered + 1);
    insertAt(this.order, this.ordered, this.#rankOf(row), row);
    this.ordered++;
    this.#touched.add(row);
  }

  remove(row: number): void {
    if (Number.isNaN(this.#column.places[row]!)) return;
    const k = this.#rankOf(row);
    removeAt(this.order, this.ordered--, k);
    this.#touched.delete(row);
    // Its neighbours: `settle` looks at both sides of a touched row.
    if (this.ordered > 0) this.#touched.add(this.order[Math.min(k, this.ordered - 1)]!);
  }

  /** Sets the kernels that changes have affected. */
  settle(): void {
    const least = leastWidth(this.#column.axis, this.ordered);
    if (least !== this.#least || this.#touched.size * 8 > this.ordered) {
      this.#least = least;
      for (let k = 0; k < this.ordered; k++) this.#refresh(k);
    } else {
      for (const row of this.#touched) {
        const k = this.#rankOf(row);
        for (let j = Math.max(k - 1, 0); j <= Math.min(k + 1, this.ordered - 1); j++) this.#refresh(j);
      }
    }
    this.#touched.clear();
  }

  #rankOf(row: number): number {
    const { mu } = this;
    return placeIn(this.order, this.ordered, row, (a, b) => mu[a]! - mu[b]! || a - b);
  }

  #refresh(k: number): void {
    const { order, ordered, mu } = this;
    const row = order[k]!;
    const left = k > 0 ? mu[order[k - 1]!] : undefined;
    const right = k + 1 < ordered ? mu[order[k + 1]!] : undefined;
    const sigma = kernelWidth(this.#column.axis, this.#least, mu[row]!, left, right);
    if (sigma !== this.sigma[row]) this.#set(row, mu[row]!, sigma);
  }

  #set(row: number, mu: number, sigma: number): void {
    this.mu[row] = mu;
    this.sigma[row] = sigma;
    this.#changed(row, mu, sigma);
  }
}
