import type { Delivery } from '../domain/commands.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { TrialQueue } from './ports.ts';

/** Hands deliveries to the queue. If the queue is unavailable, reconciliation delivers them later from Postgres. */
export async function deliver(queue: TrialQueue, deliveries: readonly Delivery[], log: Log): Promise<void> {
  if (deliveries.length === 0) return;
  try {
    await queue.deliver(deliveries);
  } catch (error) {
    log.warn(`the queue is unavailable, ${deliveries.length} deliveries will be retried: ${messageOf(error)}`);
  }
}
