/** Puts right whatever was lost on the way: run every few seconds by every process, harmless when nothing was. */
import { messageOf } from '../errors.ts';
import { type AdvanceParts, advance, deliver, LOW_WATER } from './advance.ts';
import type { SearchQueries } from './ports.ts';

export interface SweepParts extends AdvanceParts {
  readonly queries: SearchQueries;
}

/** Takes back claims whose lease ran out, plans for searches that starve, and refills a queue that holds too little. */
export async function sweep(parts: SweepParts): Promise<void> {
  const { store, queue, queries, log } = parts;
  await store.endOverdue();
  const back = await store.reclaim();
  if (back.length > 0) log(`${back.length} deliveries were taken back from workers that went away`);
  await deliver(queue, back, log);
  for (const id of await store.hungry(LOW_WATER)) {
    const search = await queries.find(id);
    if (search !== undefined) await advance(parts, search);
  }
  const due = await store.countDeliveries();
  if (due > 0 && (await queue.depth()) < due) await deliver(queue, await store.deliveries(), log);
}

/** Sweeps until it is stopped. A sweep that fails is tried again: the store or the queue may be away. */
export function startSweeping(parts: SweepParts, everySeconds: number): { stop(): Promise<void> } {
  let stopped = false;
  let wake = () => {};
  const loop = async () => {
    while (!stopped) {
      try {
        await sweep(parts);
      } catch (error) {
        if (!stopped) parts.log(`sweep: ${messageOf(error)}`);
      }
      if (stopped) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everySeconds * 1000);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const running = loop();
  return {
    stop: async () => {
      stopped = true;
      wake();
      await running;
    },
  };
}
