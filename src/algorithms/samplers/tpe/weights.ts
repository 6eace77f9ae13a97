/** The weights of the components of a mixture, which depend on the age of their observations. */
import { ageWeights, sumOfWeights, weightAt } from './parzen.ts';
import { withRoom } from './sorted.ts';

export class Weights {
  /** The rows of the mixture, oldest first: the first `count` entries. */
  byAge = new Uint32Array(0);
  count = 0;
  /** By row: 1 if it is in the mixture. */
  #members = new Uint32Array(1);
  /** By row; the prior, row 0, counts as the newest. */
  #ages = new Uint32Array(1);
  /** Ages are those of the members up to here. */
  #settled = 0;
  #byAge = ageWeights(0);
  #sum = 1;

  add(row: number): void {
    this.#members = withRoom(this.#members, row + 1);
    this.#members[row] = 1;
    this.#settled = Math.min(this.#settled, row - 1);
  }

  remove(row: number): void {
    this.#members[row] = 0;
    this.#settled = Math.min(this.#settled, row - 1);
  }

  /** To be called after changes, with the number of rows that there are. */
  settle(rows: number): void {
    this.#members = withRoom(this.#members, rows + 1);
    this.#ages = withRoom(this.#ages, rows + 1);
    this.byAge = withRoom(this.byAge, rows);
    let last = this.#settled;
    while (last > 0 && this.#members[last] === 0) last--;
    let n = last > 0 ? this.#ages[last]! + 1 : 0;
    for (let row = this.#settled + 1; row <= rows; row++) {
      if (this.#members[row] === 0) continue;
      this.byAge[n] = row;
      this.#ages[row] = n++;
    }
    this.#settled = rows;
    this.count = n;
    this.#ages[0] = n;
    this.#byAge = ageWeights(n);
    this.#sum = sumOfWeights(n);
  }

  of(row: number): number {
    return weightAt(this.#byAge, this.#ages[row]!) / this.#sum;
  }
}
