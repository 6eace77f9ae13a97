// Who a running server belongs to. The owner holds an advisory lock on a connection that it keeps for life: the lock
// is gone the moment its process is, however that ended, and no file has to be cleaned up or believed.
import pg from 'pg';
import { superuser } from './cluster.ts';

/** Only hypersearch takes advisory locks in the `postgres` database; the number is "hyp" in ASCII. */
const lockKey = 0x687970;
const label = 'hypersearch owner ';

export interface Address {
  readonly port: number;
  readonly password: string;
}

export type Claim =
  | { kind: 'owned'; client: pg.Client }
  | { kind: 'free' }
  | { kind: 'taken'; ownerPid: number | undefined }
  | { kind: 'unanswered'; error: Error };

export function urlOf({ port, password }: Address, database: string): string {
  return `postgresql://${superuser}:${password}@127.0.0.1:${port}/${database}`;
}

/**
 * Connects and tries for the lock. `unanswered`: nothing listens, it is starting up or shutting down, or it hangs.
 * To `look` never takes it, so an owner that wants it back is not refused meanwhile; the answer is `free` then.
 */
export async function claim(address: Address, intent: 'take' | 'look' = 'take'): Promise<Claim> {
  const client = new pg.Client({
    connectionString: urlOf(address, 'postgres'),
    application_name: `${label}${process.pid}`,
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
    keepAlive: true,
  });
  // A connection that fails later says so on 'end'; an 'error' without a listener would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    if (intent === 'take' && (await tryLock(client))) {
      await client.query('set idle_session_timeout = 0');
      return { kind: 'owned', client };
    }
    const holder = await findHolder(client);
    await client.end();
    return holder ? { kind: 'taken', ...holder } : { kind: 'free' };
  } catch (error) {
    await client.end().catch(() => undefined);
    return { kind: 'unanswered', error: error as Error };
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [lockKey]);
  return rows[0]?.mine === true;
}

/** Who holds the lock, if anybody does; the process is what its connection names. */
async function findHolder(client: pg.Client): Promise<{ ownerPid: number | undefined } | undefined> {
  const { rows } = await client.query<{ application_name: string }>(
    `select a.application_name from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.granted and l.classid = 0 and l.objid = $1
       and l.database = (select oid from pg_database where datname = current_database())`,
    [lockKey],
  );
  const name = rows[0]?.application_name;
  if (name === undefined) return undefined;
  return { ownerPid: name.startsWith(label) ? Number(name.slice(label.length)) : undefined };
}

/** Only the owner calls it, so no other process creates it at the same time. */
export async function ensureDatabase(client: pg.Client, name: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
  if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
}

/** The connection no longer keeps the process from ending. pg's types leave the method out. */
export function letGo(client: pg.Client): void {
  (client as pg.Client & { unref(): void }).unref();
}
