/** How much of a search its table holds. More trials than `rows` are thinned; of these so many are the best, and so many run or wait. */
export const tableLimits = { rows: 20_000, best: 2_000, open: 17_000 } as const;
