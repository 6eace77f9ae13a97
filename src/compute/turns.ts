/** Work that waits for its turn. */

/** Runs a work once fewer than the most are running. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * At most `atOnce` works run at a time, in the order in which they came: Piscina runs what it queues in another order, and the folds of many trials would
 * mix (findings/piscina-order.sh).
 */
export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    // Who ends hands its place on.
    if (running < atOnce) running++;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
