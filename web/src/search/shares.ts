/** Shares and ranks of values. Pure. */
/** The values, ascending, and the share of values up to each. */
export function sharesBelow(trials: readonly { readonly value: number }[]): [values: number[], shares: number[]] {
  const values = trials.map(({ value }) => value).sort((a, b) => a - b);
  return [values, values.map((_, i) => (i + 1) / values.length)];
}

/** The share of the sample up to each of the values, which ascend. */
export function sharesAt(values: readonly number[], sample: readonly number[]): number[] {
  const ascending = sample.toSorted((a, b) => a - b);
  let count = 0;
  return values.map((value) => {
    while (count < ascending.length && ascending[count]! <= value) count++;
    return count / ascending.length;
  });
}

/** The rank of each value, scaled from 0 (smallest) to 1 (largest); ties have their mean rank. */
export function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = values.map(() => 0);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    const rank = values.length === 1 ? 1 : (start + end - 1) / 2 / (values.length - 1);
    for (let i = start; i < end; i++) ranks[order[i]!] = rank;
    start = end;
  }
  return ranks;
}
