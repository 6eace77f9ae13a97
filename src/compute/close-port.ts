import type { MessagePort } from 'node:worker_threads';

/**
 * Closes a port in a Piscina thread and lets the event loop turn once, because only then is a closed port released. Between tasks Piscina
 * blocks in Atomics.wait, so without this a thread would leak one port per task.
 */
export async function closePort(port: MessagePort): Promise<void> {
  port.close();
  await new Promise((resolve) => setImmediate(resolve));
}
