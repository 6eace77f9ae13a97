/** Reconciliation: every process repairs lost deliveries, expired leases, missed deadlines and models that nobody makes every few seconds. Idempotent. */
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { deliver, deliverModels } from './deliver.ts';
import { LOW_WATER, type Planner } from './planner.ts';
import type { TrialQueue } from './ports/messages.ts';
import type { ModelStore } from './ports/model-store.ts';
import type { SearchStore } from './ports/search-store.ts';

export interface ReconcileDependencies {
  readonly store: SearchStore;
  readonly models: Pick<ModelStore, 'reapExpired' | 'waiting'>;
  readonly queue: TrialQueue;
  readonly planner: Planner;
  readonly log: Log;
}

/** Releases expired claims, plans for underfilled searches, and refills a queue that has lost deliveries. */
async function reconcile(dependencies: ReconcileDependencies): Promise<void> {
  const { store, models, queue, planner, log } = dependencies;
  await store.endOverdue();
  const back = await store.reapExpired();
  if (back.length > 0) log.warn(`the leases of ${back.length} deliveries expired: their workers are gone`);
  await deliver(queue, back, log);
  // Not awaited: a search that takes long to plan must not delay other searches or the rest of the pass.
  for (const id of await store.underfilled(LOW_WATER)) void planner.plan(id);
  await models.reapExpired();
  await deliverModels(queue, await models.waiting(), log);
  const due = await store.countDeliveries();
  if (due > 0 && (await queue.depth()) < due) await deliver(queue, await store.deliveries(), log);
}

/** Runs until it is stopped. A failed pass is retried, since the store or the queue may be unavailable. */
export function startReconciling(dependencies: ReconcileDependencies, everySeconds: number): { stop(): Promise<void> } {
  let stopped = false;
  let wake = () => {};
  const loop = async () => {
    while (!stopped) {
      try {
        await reconcile(dependencies);
      } catch (error) {
        if (!stopped) dependencies.log.error(`reconcile: ${messageOf(error)}`);
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
