/** Hands work to the queue. If the queue is unavailable, reconciliation delivers it later from Postgres. */
import type { Delivery } from '../domain/commands.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { TrialQueue } from './ports/messages.ts';

export function deliver(queue: TrialQueue, deliveries: readonly Delivery[], log: Log): Promise<void> {
  return attempt(deliveries, 'deliveries', (all) => queue.deliver(all), log);
}

export function deliverModels(queue: TrialQueue, ids: readonly string[], log: Log): Promise<void> {
  return attempt(ids, 'models', (all) => queue.deliverModels(all), log);
}

async function attempt<T>(
  items: readonly T[],
  what: string,
  send: (items: readonly T[]) => Promise<void>,
  log: Log,
): Promise<void> {
  if (items.length === 0) return;
  try {
    await send(items);
  } catch (error) {
    log.warn(`the queue is unavailable, ${items.length} ${what} will be retried: ${messageOf(error)}`);
  }
}
