/** Lets a client command work while no service runs: it gets one of its own, until it ends, on the searches that an earlier one stored. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';

/**
 * Calls `use` with the URL of the service that answers, or of one that is started for it, and the API key for the latter. `always`: also if nothing
 * is stored yet.
 */
export async function withService(
  config: Config,
  use: (url: string, key?: string) => Promise<number>,
  always = false,
): Promise<number> {
  const { serviceUrl, isServiceGiven, databaseUrl, dataDirectory } = config;
  const isStored = databaseUrl !== undefined || existsSync(dataDirectory) || always;
  if (isServiceGiven || !isStored || (await answers(serviceUrl))) return use(serviceUrl);
  // Imported only when needed, so that client commands start fast.
  const [{ startWithGracefulShutdown }, { createLog }] = await Promise.all([
    import('../serve.ts'),
    import('../log.ts'),
  ]);
  const adminKey = ownKey();
  const logLevel = config.logLevel === 'debug' ? 'debug' : 'silent';
  const own = { ...config, host: '127.0.0.1', port: 0, adminKey, logLevel } as const;
  const role = databaseUrl === undefined ? 'both' : 'api';
  const service = await startWithGracefulShutdown(own, role, createLog(own), () => undefined);
  try {
    return await use(service.url!, adminKey);
  } finally {
    await service.close();
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/healthz`);
    return true;
  } catch {
    return false;
  }
}

/** For a service of this process: whoever can use the database needs no other key, but other programs of this machine do. */
export function ownKey(): string {
  return randomBytes(32).toString('base64url');
}
