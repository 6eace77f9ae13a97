/** The connections to Postgres: Prisma for models, the driver below it for statements of our own (docs/decisions/0005-prisma-and-sql.md). */
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import type { WorkMeter } from '../../application/ports/search-store.ts';
import { messageOf, NoRoom, Unavailable } from '../../errors.ts';
import { Prisma, PrismaClient } from '../prisma-client/client.ts';

/** Runs a statement: values become parameters, `Prisma.sql` fragments a part of the text. */
export interface Statements {
  $queryRaw<Rows>(strings: TemplateStringsArray, ...values: readonly unknown[]): Promise<Rows>;
  /** How many rows it changed. */
  $executeRaw(strings: TemplateStringsArray, ...values: readonly unknown[]): Promise<number>;
}

/** Prisma's own transactions (`$transaction`) are for its models; those of statements that run with every trial are pipelined. */
export interface Database extends Statements, Pick<PrismaClient, 'dataset' | '$transaction'> {
  /**
   * Commits what `body` does, or undoes it where it throws. `last` is its last statement, sent and not awaited: it travels with the commit, and
   * where it fails nothing is committed.
   */
  $pipeline<T>(body: (transaction: Transaction) => Promise<{ readonly last: T | Promise<T> }>): Promise<T>;
  /** Throws `Unavailable` if Postgres does not answer, or has lately refused to write for want of room. */
  $check(): Promise<void>;
  $disconnect(): Promise<void>;
  /** Counts what was committed. */
  readonly $meter: WorkMeter;
}
export type Transaction = Statements;

/**
 * In the FROM of a statement that is a transaction of its own: its commit does not wait for the disk, and is lost if Postgres crashes within the
 * next moments. Whatever is committed later is written after it all the same.
 */
export const commitWithoutDisk = Prisma.sql`set_config('synchronous_commit', 'off', true)`;

const OPTIONS = [
  // Every list walks an index in its own order. While a search fills its table the planner's statistics lag behind, and
  // it would rather gather all of a search's rows and sort them: 70 ms instead of 1 at 100,000 trials.
  'enable_bitmapscan=off',
  // Nor a scan of all trials: a statement that is prepared while the table is small keeps its plan until the table is analyzed, a minute and
  // tens of thousands of trials later. Where no index fits, a table is scanned all the same.
  'enable_seqscan=off',
  // Of a process that hangs: the lock of a search must not be held for ever.
  'idle_in_transaction_session_timeout=60000',
];

/** The first search after a pause need not wait for new connections, whose statements are to be planned again. */
const IDLE_MS = 600_000;

const uncounted: WorkMeter = { changed: () => undefined, renewed: () => undefined, lost: () => undefined };

export function connect(url: string, connections: number, meter: WorkMeter = uncounted): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 20_000,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 60_000,
    application_name: 'hypersearch',
    pipeline: true,
    options: OPTIONS.map((option) => `-c ${option}`).join(' '),
  });
  // A connection that is lost while it is idle is replaced; one that is lost at work rejects what it does.
  pool.on('error', () => undefined);
  const guard = createGuard();
  const own = new PrismaClient({
    adapter: new PrismaPg(pool),
    transactionOptions: { maxWait: 20_000, timeout: 30_000 },
  });
  // The extension changes no type of a result, though the compiler cannot see that.
  const prisma = own.$extends({
    query: { $allOperations: ({ args, query }) => guard.run(query(args)) },
  }) as unknown as PrismaClient;
  const statements = statementsOf(pool, guard, false);
  return {
    ...statements,
    $meter: meter,
    dataset: prisma.dataset,
    $transaction: prisma.$transaction.bind(prisma) as PrismaClient['$transaction'],
    $pipeline: (body) => pipeline(pool, guard, body),
    $check: async () => {
      await statements.$queryRaw`SELECT 1`;
      guard.checkRoom();
    },
    $disconnect: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

async function pipeline<T>(
  pool: pg.Pool,
  guard: Guard,
  body: (transaction: Transaction) => Promise<{ readonly last: T | Promise<T> }>,
): Promise<T> {
  const client = await guard.run(pool.connect());
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    // Statements that need not be awaited are sent together: BEGIN with the first of the body, COMMIT with its last.
    const begun = client.query('BEGIN');
    begun.catch(onError);
    const { last } = await body(statementsOf(client, guard, true));
    const [result] = await Promise.all([last, client.query('COMMIT'), begun]);
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(onError);
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** Connection exceptions, too many connections, a server that shuts down or starts (Postgres, appendix A), and Prisma's codes for these. */
const GONE_STATES = /^(08|53300|57P0[123]|P10(01|02|08|17)$)/;
const GONE_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** The driver's own errors have no code. */
const GONE_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** A disk that is full (SQLSTATE 53100); errors of Prisma have it only in their message. */
const isNoRoom = (error: unknown, code: string) => code === '53100' || /No space left on device/.test(messageOf(error));
/** Whoever has something to write tries more often than this. */
const NO_ROOM_MS = 15_000;

interface Guard {
  /** Throws `Unavailable` if Postgres does not answer, `NoRoom` if its disk is full, and other errors as they are. */
  run<T>(work: Promise<T>): Promise<T>;
  /** Throws the newest `NoRoom` of the last seconds. */
  checkRoom(): void;
}

function createGuard(): Guard {
  let full: { readonly error: NoRoom; readonly at: number } | undefined;
  return {
    run: async (work) => {
      try {
        return await work;
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : '';
        if (isNoRoom(error, code)) {
          full = { error: new NoRoom(error), at: Date.now() };
          throw full.error;
        }
        const isGone = GONE_STATES.test(code) || GONE_SYSTEM.has(code) || GONE_MESSAGE.test(messageOf(error));
        throw isGone ? new Unavailable('Postgres', error) : error;
      }
    },
    checkRoom: () => {
      if (full !== undefined && Date.now() - full.at < NO_ROOM_MS) throw full.error;
    },
  };
}

const INT8 = 20;
/** As Prisma reads them. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === INT8 ? BigInt : pg.types.getTypeParser(oid, format as 'text')),
};

const names = new Map<string, string>();

/** Of a prepared statement: equal texts have equal names. There are as many as the code has statements, and their variants. */
function nameOf(text: string): string {
  const name = names.get(text) ?? `s${names.size}`;
  names.set(text, name);
  return name;
}

/** Without Prisma's way from a statement to its rows, which takes 0.4 ms of this process a statement: more than Postgres needs. With `prepared`, Postgres parses and plans a text once a connection. */
function statementsOf(client: pg.Pool | pg.PoolClient, guard: Guard, prepared: boolean): Statements {
  const run = (strings: TemplateStringsArray, values: readonly unknown[]) => {
    const statement = Prisma.sql(strings as readonly string[], ...values);
    const { text } = statement;
    return guard.run(
      client.query({ name: prepared ? nameOf(text) : undefined, text, values: [...statement.values], types }),
    );
  };
  return {
    $queryRaw: async <Rows>(strings: TemplateStringsArray, ...values: readonly unknown[]) =>
      (await run(strings, values)).rows as Rows,
    $executeRaw: async (strings, ...values) => (await run(strings, values)).rowCount ?? 0,
  };
}
