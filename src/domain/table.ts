/** Limits of the table of a search. Beyond `rows` trials it is downsampled, keeping up to `best` of the best and up to `open` that run or wait. */
export const tableLimits = { rows: 20_000, best: 2_000, open: 17_000 } as const;
