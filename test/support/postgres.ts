/** Databases for tests: one each, migrated, on the server that service-setup.ts starts. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts';
import { silentLog } from './log.ts';
import { temporaryFolder } from './temporary.ts';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** A copy of the migrated template, or with `migrated: false` an empty database. Some 50 ms. */
export async function createTestDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const template = inject('templateUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const from = migrated ? pg.escapeIdentifier(new URL(template).pathname.slice(1)) : 'template1';
  await atServer(template, `create database ${name} template ${from}`);
  return {
    url: withDatabase(template, name),
    // Connections that a test left open, or that a killed process has not lost yet, do not matter any more.
    drop: () => atServer(template, `drop database if exists ${name} with (force)`),
  };
}

/** A server of one's own, with an empty database, in a temporary directory. About a second. */
export async function startTestPostgres(): Promise<TestDatabase> {
  const folder = await temporaryFolder();
  const server = await startEmbeddedPostgres({ directory: folder.path, log: silentLog, durable: false });
  return {
    url: server.url,
    drop: async () => {
      await server.stop();
      await folder.remove();
    },
  };
}

async function atServer(url: string, sql: string): Promise<void> {
  await withPostgres(withDatabase(url, 'postgres'), (client) => client.query(sql));
}

/** A connection for a moment: for what no request can do. */
export async function withPostgres<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}
