/** The whole service in the test's own process, on a database of its own and a free port; its threads run the build. */
import { type ApiClient, createClient } from '../../src/cli/api-client.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { type Role, startService } from '../../src/service.ts';
import { createTestDatabase } from './postgres.ts';

export interface TestService {
  readonly client: ApiClient;
  readonly url: string;
  readonly databaseUrl: string;
  /** Stops it and starts another one on the same database, with the same configuration or parts of another. */
  restart(more?: Partial<Config>): Promise<TestService>;
  close(): Promise<void>;
}

export async function startTestService(more: Partial<Config> = {}, role: Role = 'both'): Promise<TestService> {
  const database = await createTestDatabase();
  const config: Config = {
    ...readConfig({}),
    databaseUrl: database.url,
    port: 0,
    threads: 2,
    logLevel: 'silent',
    leaseSeconds: 2,
    reconcileSeconds: 0.3,
    ...more,
  };
  const start = async (changed: Partial<Config> = {}): Promise<TestService> => {
    const service = await startService({ ...config, ...changed }, role);
    return {
      client: createClient(service.url!),
      url: service.url!,
      databaseUrl: database.url,
      restart: async (other) => {
        await service.close();
        return start({ ...changed, ...other });
      },
      close: async () => {
        await service.close();
        await database.drop();
      },
    };
  };
  return start();
}
