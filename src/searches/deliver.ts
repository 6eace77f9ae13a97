import type { Delivery } from '../domain/commands.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { TrialQueue } from './ports.ts';

/** Hands deliveries to the queue. If the queue is away, the sweep will do it again: they stand in Postgres. */
export async function deliver(queue: TrialQueue, deliveries: readonly Delivery[], log: Log): Promise<void> {
  if (deliveries.length === 0) return;
  try {
    await queue.deliver(deliveries);
  } catch (error) {
    log.warn(`${deliveries.length} deliveries will be made later: ${messageOf(error)}`);
  }
}
