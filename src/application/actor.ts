/** Who asked for what is being done, for the event log: known throughout a request, without a parameter in every function. */
import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<string | undefined>();

/** Runs `work` on behalf of `name`; undefined for what the service does by itself. */
export function actingFor<T>(name: string | undefined, work: () => T): T {
  return storage.run(name, work);
}

/** Null for what the service does by itself, or if no key is needed. */
export function currentActor(): string | null {
  return storage.getStore() ?? null;
}
