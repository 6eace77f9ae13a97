/** Starts the processes: api, worker, or both in one. `close` closes everything in reverse order. */

import type { Logger } from 'pino';
import { serveMetrics } from './adapters/prometheus/metrics-server.ts';
import { buildApp } from './api/app.ts';
import { type Assembly, assemble, isLoopback, startWorker } from './assembly.ts';
import type { Config } from './config.ts';
import { startEmbeddedPostgres } from './embedded-postgres/embedded-postgres.ts';
import { createLog } from './log.ts';

export interface Service {
  /** Of the API; undefined for a worker. */
  readonly url: string | undefined;
  /** Of the metrics of a worker; undefined if it serves none. */
  readonly metricsUrl: string | undefined;
  /** Resolves with the reason if the embedded Postgres is lost: the service cannot continue. */
  readonly lost: Promise<string>;
  close(): Promise<void>;
}

export type Role = 'api' | 'worker' | 'both';

export async function startService(config: Config, role: Role, log = createLog(config)): Promise<Service> {
  const closers: (() => Promise<void>)[] = [];
  let onExit: (reason: string) => void = () => undefined;
  const lost = new Promise<string>((resolve) => {
    onExit = resolve;
  });
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    let databaseUrl = config.databaseUrl;
    if (databaseUrl === undefined) {
      if (role !== 'both') {
        throw new Error(
          `${role === 'api' ? 'an api' : 'a worker'} process needs DATABASE_URL; npm start runs both on the embedded Postgres`,
        );
      }
      const postgres = await startEmbeddedPostgres({ directory: config.dataDirectory, log, onExit });
      closers.push(() => postgres.stop());
      databaseUrl = postgres.url;
    }
    const assembly = await assemble(config, databaseUrl, log);
    closers.push(assembly.close);
    if (role !== 'worker') await refuseWithoutKeys(config, assembly, log);
    if (role !== 'api') closers.push((await startWorker(config, databaseUrl, assembly)).close);
    if (role === 'worker') {
      if (config.metricsPort === undefined) return { url: undefined, metricsUrl: undefined, lost, close };
      const server = await serveMetrics(assembly.metrics.registry, config.host, config.metricsPort);
      closers.push(server.close);
      log.info(`metrics at ${server.url}`);
      return { url: undefined, metricsUrl: server.url, lost, close };
    }
    const app = await buildApp(assembly.dependencies);
    closers.push(() => app.close());
    await app.listen({ host: config.host, port: config.port });
    const address = app.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : config.port;
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
    return { url, metricsUrl: undefined, lost, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Throws if everyone on the network could use the API. */
async function refuseWithoutKeys({ host, insecure }: Config, { dependencies }: Assembly, log: Logger): Promise<void> {
  if (isLoopback(host) || (await dependencies.keyring.isRequired())) return;
  if (!insecure) {
    throw new Error(
      `HYPERSEARCH_HOST=${host} would let everyone who reaches this machine use the service. Create a key first, with: npm run hypersearch -- keys create NAME --role admin; or set HYPERSEARCH_ADMIN_KEY; HYPERSEARCH_INSECURE=1 starts it without keys anyway`,
    );
  }
  log.warn(`HYPERSEARCH_INSECURE=1: everyone who can reach ${host} has full access`);
}
