import type { MessagePort } from 'node:worker_threads';

/**
 * Closes a port of a thread that piscina runs, and lets the event loop turn once: only then is a closed port let go of. Piscina never lets it
 * turn, since between tasks it waits in Atomics.wait and a task without a pause of its own is all microtasks; without this a thread keeps a
 * port for every task.
 */
export async function closePort(port: MessagePort): Promise<void> {
  port.close();
  await new Promise((resolve) => setImmediate(resolve));
}
