/** The commands that work on the database itself, not through the API: whoever runs them has its address, or the folder of the embedded Postgres. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { backup, restore } from '../adapters/postgres/backup.ts';
import type { BackupHead } from '../adapters/postgres/backup-file.ts';
import type { Config } from '../config.ts';
import { AlreadyRunningError, startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.ts';
import { createLog } from '../log.ts';
import { projectRoot } from '../paths.ts';
import { UsageError } from './usage.ts';

export async function backupCommand(config: Config, args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('backup FILE');
  if (config.databaseUrl === undefined && !existsSync(config.dataDirectory)) {
    throw new Error(
      `${config.dataDirectory} does not exist: nothing is stored there. Set HYPERSEARCH_DATA or DATABASE_URL`,
    );
  }
  const text = await readFile(join(projectRoot, 'package.json'), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(text));
  const head = await withDatabase(config, true, (url) => backup(url, file, version));
  console.log(`wrote ${file}: ${rowsOf(head)}`);
  return 0;
}

export async function restoreCommand(config: Config, args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { replace: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('restore FILE [--replace]');
  if (!existsSync(file)) throw new Error(`there is no file ${file}`);
  const migrations = join(projectRoot, 'prisma', 'migrations');
  const head = await withDatabase(config, false, (url) => restore(url, file, { migrations, replace: values.replace }));
  const upgraded =
    head.upgradedBy > 0 ? `; it was of version ${head.version}, and ${head.upgradedBy} migrations upgraded it` : '';
  console.log(`restored ${file} of ${head.createdAt}: ${rowsOf(head)}${upgraded}`);
  return 0;
}

function rowsOf({ tables }: BackupHead): string {
  return tables.map(({ name, rows }) => `${name} ${rows}`).join(', ');
}

/** `shared`: whether the embedded Postgres of a running service may be used too. */
async function withDatabase<T>(config: Config, shared: boolean, work: (url: string) => Promise<T>): Promise<T> {
  if (config.databaseUrl !== undefined) return work(config.databaseUrl);
  const starting = startEmbeddedPostgres({ directory: config.dataDirectory, log: createLog(config) });
  const started = await starting.catch((error: unknown) => {
    if (shared && error instanceof AlreadyRunningError && error.url !== undefined) return error.url;
    throw error;
  });
  if (typeof started === 'string') return work(started);
  try {
    return await work(started.url);
  } finally {
    await started.stop();
  }
}
