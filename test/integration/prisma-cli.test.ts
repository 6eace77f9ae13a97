/** Prisma's command line, on our schema engine, agrees with what the service did to the database by itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyMigrations } from '../../src/adapters/postgres/migrations.ts';
import { projectRoot } from '../../src/paths.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

describe('the prisma command line', () => {
  let ours: TestDatabase;
  let empty: TestDatabase;

  beforeAll(async () => {
    ours = await createTestDatabase({ migrated: false });
    empty = await createTestDatabase({ migrated: false });
    await applyMigrations(ours.url, `${projectRoot}/prisma/migrations`);
  });
  afterAll(async () => {
    await ours?.drop();
    await empty?.drop();
  });

  const prisma = async (url: string, ...args: string[]): Promise<{ code: number; output: string }> => {
    const child = spawn(process.execPath, ['node_modules/prisma/build/index.js', ...args], {
      cwd: projectRoot,
      env: { ...process.env, DATABASE_URL: url, NO_COLOR: '1' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        output += text.toString();
      });
    }
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  };

  it('finds the schema valid', async () => {
    expect(await prisma(ours.url, 'validate')).toMatchObject({ code: 0 });
  });

  it('finds a database that the service migrated up to date', async () => {
    const { code, output } = await prisma(ours.url, 'migrate', 'status');
    expect(output).toContain('Database schema is up to date');
    expect(code).toBe(0);
  });

  it.each([
    ['that database', ['--from-config-datasource']],
    ['the migrations', ['--from-migrations', 'prisma/migrations']],
  ])('finds no difference between %s and the schema', async (_, from) => {
    const schema = ['--to-schema', 'prisma/schema.prisma'];
    const { code, output } = await prisma(ours.url, 'migrate', 'diff', ...from, ...schema, '--exit-code');
    expect(output).toContain('No difference detected');
    expect(code).toBe(0);
  });

  it('sees that an empty database differs', async () => {
    const args = ['--from-config-datasource', '--to-schema', 'prisma/schema.prisma', '--exit-code'];
    const { code, output } = await prisma(empty.url, 'migrate', 'diff', ...args);
    expect(output).toContain('searches');
    expect(code).toBe(2);
  });

  it('deploys what the service then need not apply', async () => {
    const { code, output } = await prisma(empty.url, 'migrate', 'deploy');
    expect(output).toContain('successfully applied');
    expect(code).toBe(0);
    expect(await applyMigrations(empty.url, `${projectRoot}/prisma/migrations`)).toEqual([]);
  });

  it('says why it cannot reach a server', async () => {
    const { code, output } = await prisma('postgresql://a:b@127.0.0.1:1/c', 'migrate', 'status');
    expect(output).toContain('P1001');
    expect(code).toBe(1);
  });
});
