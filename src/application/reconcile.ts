/** Puts right whatever was lost on the way: run every few seconds by every process, harmless when nothing was. */
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { deliver } from './deliver.ts';
import { LOW_WATER, type Planner } from './planner.ts';
import type { SearchStore, TrialQueue } from './ports.ts';

export interface ReconcileDependencies {
  readonly store: SearchStore;
  readonly queue: TrialQueue;
  readonly planner: Planner;
  readonly log: Log;
}

/** Takes back claims whose lease ran out, plans for searches that starve, and refills a queue that holds too little. */
async function reconcile(parts: ReconcileDependencies): Promise<void> {
  const { store, queue, planner, log } = parts;
  await store.endOverdue();
  const back = await store.reapExpired();
  if (back.length > 0) log.warn(`${back.length} deliveries were taken back from workers that went away`);
  await deliver(queue, back, log);
  // Not awaited: one search that takes long to plan holds up no other, nor the rest of the sweep.
  for (const id of await store.underfilled(LOW_WATER)) void planner.plan(id);
  const due = await store.countDeliveries();
  if (due > 0 && (await queue.depth()) < due) await deliver(queue, await store.deliveries(), log);
}

/** Sweeps until it is stopped. A sweep that fails is tried again: the store or the queue may be away. */
export function startReconciling(parts: ReconcileDependencies, everySeconds: number): { stop(): Promise<void> } {
  let stopped = false;
  let wake = () => {};
  const loop = async () => {
    while (!stopped) {
      try {
        await reconcile(parts);
      } catch (error) {
        if (!stopped) parts.log.error(`sweep: ${messageOf(error)}`);
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
