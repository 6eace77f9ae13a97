/** A migration runs while processes of the version before it work on the same tables (docs/decisions/0028-two-versions-at-once.md). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/paths.ts';

const folder = join(projectRoot, 'prisma/migrations');
const migrations = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** Of before two versions could work at once. */
const contracting = [
  '20261124000000_pruning',
  '20261127200000_dataset_versions',
  '20261128010000_drop_direction',
  '20261129120000_projects',
];

/** What an earlier version could trip over: something is gone, has another name or type, or is demanded. */
function contractions(sql: string): string[] {
  const statements = sql.replace(/--.*$/gm, '').split(';');
  return statements.flatMap((statement) => {
    const found =
      statement.match(/\b(DROP (?!NOT NULL|DEFAULT)\w+|RENAME|SET NOT NULL|ALTER COLUMN "\w+" (SET DATA )?TYPE)\b/gi) ??
      [];
    const added = [...statement.matchAll(/ADD COLUMN\s+"\w+"([^,]*)/gi)].map(([, definition]) => definition!);
    const demanded = added.filter((definition) => /NOT NULL/i.test(definition) && !/DEFAULT/i.test(definition));
    const unique =
      /CREATE UNIQUE INDEX/i.test(statement) && !isOfNewTable(statement, sql) ? ['CREATE UNIQUE INDEX'] : [];
    return [...found, ...demanded, ...unique];
  });
}

function isOfNewTable(statement: string, sql: string): boolean {
  const [, table] = statement.match(/\bON "(\w+)"/) ?? [];
  return sql.includes(`CREATE TABLE "${table}"`);
}

/**
 * Tables that a statement alters after another one has locked them less strongly. Transactions of the version before, which have read the table, wait for
 * the lesser lock to write, and the statement waits for them: Postgres ends one of the two.
 */
function lockedAgain(sql: string): string[] {
  const held = new Set<string>();
  return sql
    .replace(/--.*$/gm, '')
    .split(';')
    .flatMap((statement) => {
      const altered = [...statement.matchAll(/ALTER TABLE "(\w+)"/gi)].map(([, table]) => table!);
      const again = altered.filter((table) => held.has(table));
      for (const [, table] of statement.matchAll(/(?:REFERENCES|INDEX "\w+" ON) "(\w+)"/gi))
        if (!sql.includes(`CREATE TABLE "${table}"`)) held.add(table!);
      // With the strongest lock nobody else waits while they hold one.
      for (const table of altered) held.delete(table);
      return again;
    });
}

describe('migrations', () => {
  it.each(migrations.filter((name) => !contracting.includes(name)))(
    '%s takes the strongest lock of a table first',
    (name) => {
      expect(lockedAgain(readFileSync(join(folder, name, 'migration.sql'), 'utf8'))).toEqual([]);
    },
  );

  it('that reference a table and alter it later would be seen', () => {
    const create = 'CREATE TABLE "pages" ("search_id" UUID REFERENCES "searches" ("id"));';
    const alter = 'ALTER TABLE "searches" ADD COLUMN "a" TEXT;';
    expect(lockedAgain(`${create} ${alter}`)).toEqual(['searches']);
    expect(lockedAgain(`${alter} ${create}`)).toEqual([]);
    expect(lockedAgain(`CREATE INDEX "i" ON "trials" ("a"); ALTER TABLE "trials" ADD COLUMN "a" TEXT;`)).toEqual([
      'trials',
    ]);
  });

  it.each(migrations.filter((name) => !contracting.includes(name)))('%s only adds', (name) => {
    expect(contractions(readFileSync(join(folder, name, 'migration.sql'), 'utf8'))).toEqual([]);
  });

  it('of before are seen to do more', () => {
    const texts = contracting.map((name) => readFileSync(join(folder, name, 'migration.sql'), 'utf8'));
    expect(texts.map((text) => contractions(text).length > 0)).toEqual(contracting.map(() => true));
  });

  it('that demand a column, or another type, would be seen', () => {
    expect(contractions('ALTER TABLE "searches" ADD COLUMN "a" TEXT NOT NULL;')).toHaveLength(1);
    expect(
      contractions('ALTER TABLE "searches" ADD COLUMN "a" TEXT NOT NULL DEFAULT \'\', ADD COLUMN "b" INTEGER;'),
    ).toEqual([]);
    expect(contractions('ALTER TABLE "searches" ALTER COLUMN "name" TYPE INTEGER;')).toHaveLength(1);
    expect(contractions('ALTER TABLE "searches" ALTER COLUMN "name" SET NOT NULL;')).toHaveLength(1);
    expect(contractions('ALTER TABLE "sessions" ALTER COLUMN "key_hash" DROP NOT NULL;')).toEqual([]);
  });
});

it('statements name the columns that they return from tables', () => {
  const adapters = join(projectRoot, 'src/adapters/postgres');
  const schema = readFileSync(join(projectRoot, 'prisma/schema.prisma'), 'utf8');
  const tables = [...schema.matchAll(/@@map\("(\w+)"\)/g)].map(([, name]) => name!);
  const found = readdirSync(adapters).flatMap((file) => {
    const text = readFileSync(join(adapters, file), 'utf8');
    const all = [...text.matchAll(/RETURNING \*|SELECT (?:\w+\.)?\*(?:(?!FROM)[\s\S])*FROM (\w+)/g)];
    return all
      .filter(([, table]) => table === undefined || tables.includes(table))
      .map(([words]) => `${file}: ${words}`);
  });
  // A part of a statement that returns one text.
  expect(found.filter((one) => !one.startsWith('overview-queries.ts: SELECT trials.*'))).toEqual([]);
});
