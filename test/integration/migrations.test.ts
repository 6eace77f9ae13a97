/** Migrations are applied in order, once, and never past one that failed or was edited. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyMigrations, MigrationError } from '../../src/adapters/postgres/migrations.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

describe('applyMigrations', () => {
  let database: TestDatabase;
  let directory: string;

  beforeEach(async () => {
    database = await createTestDatabase({ migrated: false });
    directory = await mkdtemp(join(tmpdir(), 'hypersearch-migrations-'));
    await write('1_first', 'create table a (id int primary key);');
    await write('2_second', 'alter table a add column b int; insert into a values (1, 2);');
  });
  afterEach(async () => {
    await database.drop();
    await rm(directory, { recursive: true });
  });

  const write = async (name: string, sql: string): Promise<void> => {
    await mkdir(join(directory, name), { recursive: true });
    await writeFile(join(directory, name, 'migration.sql'), sql);
  };
  const query = async (sql: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const apply = () => applyMigrations(database.url, directory);

  it('applies what is due, in order, and then nothing', async () => {
    expect(await apply()).toEqual(['1_first', '2_second']);
    expect(await apply()).toEqual([]);
    await write('3_third', 'create table c ();');
    expect(await apply()).toEqual(['3_third']);
    expect(await query('select * from a')).toEqual([{ id: 1, b: 2 }]);
  });

  it('applies each once, however many try at the same time', async () => {
    const applied = await Promise.all(Array.from({ length: 8 }, apply));
    expect(applied.filter((names) => names.length > 0)).toEqual([['1_first', '2_second']]);
    expect(await query('select count(*)::int as n from "_prisma_migrations"')).toEqual([{ n: 2 }]);
  });

  it('refuses a migration that was edited after it was applied', async () => {
    await apply();
    await write('1_first', 'create table a (id bigint primary key);');
    await expect(apply()).rejects.toThrow(
      /1_first was edited after it was applied.*put the change into a new migration/,
    );
  });

  it('refuses a database that a newer version has migrated', async () => {
    await apply();
    await query(`update "_prisma_migrations" set migration_name = '3_third' where migration_name = '2_second'`);
    await expect(apply()).rejects.toThrow(
      /newer version of hypersearch: it has the migration 3_third, and the newest that this version knows is 2_second/,
    );
    expect(await query('select count(*)::int as n from "_prisma_migrations"')).toEqual([{ n: 2 }]);
  });

  it('does not mind other line endings', async () => {
    await write('1_first', 'create table a\n(id int primary key);\n');
    await apply();
    await write('1_first', 'create table a\r\n(id int primary key);\r\n');
    expect(await apply()).toEqual([]);
  });

  it('undoes a migration that fails, stops there, and says so again next time', async () => {
    await write('2_second', 'create table half (); select no_such_function();');
    await write('3_third', 'create table c ();');
    await expect(apply()).rejects.toThrow(/2_second failed: function no_such_function\(\) does not exist/);
    expect(await query(`select to_regclass('half') as half, to_regclass('c') as c`)).toEqual([{ half: null, c: null }]);
    const again = await apply().catch((error: unknown) => error);
    expect(again).toBeInstanceOf(MigrationError);
    expect(String(again)).toMatch(/2_second failed earlier.*no_such_function.*--rolled-back 2_second/s);
  });

  it('goes on after the failure was resolved as rolled back', async () => {
    await write('2_second', 'nonsense');
    await expect(apply()).rejects.toThrow(MigrationError);
    await query(`update "_prisma_migrations" set rolled_back_at = now() where finished_at is null`);
    await write('2_second', 'alter table a add column b int;');
    expect(await apply()).toEqual(['2_second']);
  });

  it('gives up on a server that does not come up', async () => {
    await expect(applyMigrations('postgresql://a:b@127.0.0.1:1/c', directory, 300)).rejects.toThrow('ECONNREFUSED');
  });
});
