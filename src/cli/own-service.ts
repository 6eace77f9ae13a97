/** Lets a client command work while no service runs: it gets one of its own, until it ends, on the searches that an earlier one stored. */
import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';

/** Calls `use` with the URL of the service that answers, or of one that is started for it. */
export async function withService(config: Config, use: (url: string) => Promise<number>): Promise<number> {
  const { serviceUrl, isServiceGiven, databaseUrl, dataDirectory } = config;
  const hasSearches = databaseUrl === undefined && existsSync(dataDirectory);
  if (isServiceGiven || !hasSearches || (await answers(serviceUrl))) return use(serviceUrl);
  // Imported only when needed, so that client commands start fast.
  const [{ startWithGracefulShutdown }, { createLog }] = await Promise.all([
    import('../serve.ts'),
    import('../log.ts'),
  ]);
  const own = { ...config, port: 0, logLevel: config.logLevel === 'debug' ? 'debug' : 'silent' } as const;
  const service = await startWithGracefulShutdown(own, 'both', createLog(own), () => undefined);
  try {
    return await use(service.url!);
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
