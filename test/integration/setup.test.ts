/** scripts/run.mjs in a small project of its own: what is due is done, once, and then the command is itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { projectRoot } from '../../src/paths.ts';

const schema = `
  generator client {
    provider = "prisma-client"
    output = "../src/adapters/prisma-client"
  }
  datasource db {
    provider = "postgresql"
  }
  model Thing {
    id Int @id
  }
`;

let root: string;
/** A project whose set-up is done: most tests begin with a copy of it. */
let prepared: string;

beforeAll(async () => {
  await beginAnew();
  prepared = root;
  await run('--setup-only');
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hypersearch-setup-'));
  // With their times, by which the set-up tells what has changed.
  await cp(prepared, root, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));
afterAll(() => rm(prepared, { recursive: true, force: true }));

/** A project in which nothing is set up. */
async function beginAnew(): Promise<void> {
  root = await mkdtemp(join(tmpdir(), 'hypersearch-setup-'));
  for (const name of ['scripts', 'package.json', 'package-lock.json', 'tsconfig.json', 'prisma.config.ts'])
    await cp(join(projectRoot, name), join(root, name), { recursive: true });
  await linkModules();
  await mkdir(join(root, 'src'));
  await mkdir(join(root, 'prisma'));
  await mkdir(join(root, 'kernels'));
  await writeFile(join(root, 'kernels/index.ts'), 'export function one(): i32 { return 1; }\n');
  await writeFile(join(root, 'prisma/schema.prisma'), schema);
  await writeFile(
    join(root, 'src/main.ts'),
    `console.log(JSON.stringify(process.argv.slice(2)));\nprocess.exitCode = 3;\n`,
  );
}

async function startOver(): Promise<void> {
  await rm(root, { recursive: true, force: true });
  await beginAnew();
}

/** Every package by link, but a node_modules of its own: the stamps are kept in there. */
async function linkModules(): Promise<void> {
  const from = join(projectRoot, 'node_modules');
  await mkdir(join(root, 'node_modules'));
  for (const name of await readdir(from))
    if (!name.startsWith('.')) await symlink(join(from, name), join(root, 'node_modules', name));
  await cp(join(from, '.package-lock.json'), join(root, 'node_modules/.package-lock.json'));
}

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [join(root, 'scripts/run.mjs'), ...args], { cwd: tmpdir() });
}

async function run(...args: string[]): Promise<{ code: number | null; out: string; said: string }> {
  const child = start(...args);
  const texts = { out: '', said: '' };
  child.stdout!.on('data', (text: Buffer) => {
    texts.out += text.toString();
  });
  child.stderr!.on('data', (text: Buffer) => {
    texts.said += text.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}

it('makes what is due, then hands over arguments, output and exit code; the second time it makes nothing', async () => {
  await startOver();
  const first = await run('dist/src/main.js', 'a b', '--c');
  expect(first.said).toBe('Generating the database client…\nCompiling the kernels…\nBuilding…\n');
  expect(first.out).toBe('["a b","--c"]\n');
  expect(first.code).toBe(3);
  expect(await run('dist/src/main.js')).toEqual({ code: 3, out: '[]\n', said: '' });
});

it('builds again when a source changes, and forgets the output of one that is gone', async () => {
  await writeFile(join(root, 'src/other.ts'), 'export const other = 1;\n');
  await run('--setup-only');
  expect(existsSync(join(root, 'dist/src/other.js'))).toBe(true);
  // Another step's output, as the page's: it has no source of that name.
  const asset = join(root, 'dist/web/assets/page.js');
  await mkdir(dirname(asset), { recursive: true });
  await writeFile(asset, '');
  await rm(join(root, 'src/other.ts'));
  await writeFile(join(root, 'src/main.ts'), `console.log('changed');\n`);
  expect(await run('dist/src/main.js')).toEqual({ code: 0, out: 'changed\n', said: 'Building…\n' });
  expect(existsSync(join(root, 'dist/src/other.js'))).toBe(false);
  expect(existsSync(asset)).toBe(true);
  await writeFile(join(root, 'prisma/schema.prisma'), schema.replace('Thing', 'Other'));
  expect((await run('--setup-only')).said).toBe('Generating the database client…\nBuilding…\n');
  expect(existsSync(join(root, 'dist/src/adapters/prisma-client/models/Thing.js'))).toBe(false);
});

it('shows what the compiler says if the build fails, does not run the command, and tries again next time', async () => {
  await writeFile(join(root, 'src/main.ts'), `console.log(1);\nexport const wrong: string = 1;\n`);
  for (const _ of [1, 2]) {
    const { code, out, said } = await run('dist/src/main.js');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(said).toContain("src/main.ts(2,14): error TS2322: Type 'number' is not assignable to type 'string'.");
    expect(said).toContain('"tsc -p tsconfig.json" failed');
  }
});

it('leaves the build out for what reads the sources themselves', async () => {
  await startOver();
  await writeFile(join(root, 'src/main.ts'), 'export const wrong: string = 1;\n');
  const first = await run('--without-build', 'tsc', '--version');
  expect(first.said).toBe('Generating the database client…\nCompiling the kernels…\n');
  expect(first.out).toMatch(/^Version 7/);
  expect(existsSync(join(root, 'dist/kernels/simd.wasm'))).toBe(true);
  expect(existsSync(join(root, 'dist/src/main.js'))).toBe(false);
  expect((await run('--without-build', '--setup-only')).said).toBe('');
});

it('names the lines of the sources in stack traces', async () => {
  const program = `
    interface Nothing {
      readonly at: string;
    }
    export function fails(_: Nothing): void {
      throw new Error('on purpose');
    }
    fails({ at: 'here' });
  `;
  await writeFile(join(root, 'src/main.ts'), program);
  const { said, code } = await run('dist/src/main.js');
  expect(code).toBe(1);
  expect(said).toMatch(/Error: on purpose\n +at fails \(\S*src\/main\.ts:6:\d+\)/);
});

it('is done by one of several at a time', async () => {
  await startOver();
  const all = await Promise.all([1, 2, 3].map(() => run('dist/src/main.js')));
  expect(all.map(({ code }) => code)).toEqual([3, 3, 3]);
  const said = all.map((one) => one.said).join('');
  expect(said.match(/Building/g)).toHaveLength(1);
  expect(said).toMatch(/Waiting for the set-up that process \d+ is doing…/);
  expect(existsSync(join(root, '.hypersearch/setup.lock'))).toBe(false);
});

it('does not wait for one that was killed', async () => {
  await startOver();
  const child = start('--setup-only');
  while (!existsSync(join(root, '.hypersearch/setup.lock'))) await sleep(5);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await run('dist/src/main.js')).code).toBe(3);
});

it('does not mind a lock whose number is that of another process now', async () => {
  await mkdir(join(root, '.hypersearch'), { recursive: true });
  await writeFile(join(root, 'src/main.ts'), 'process.exitCode = 3;\n');
  await writeFile(join(root, '.hypersearch/setup.lock'), `${process.pid} 0123456789ab`);
  await utimes(join(root, '.hypersearch/setup.lock'), 1, 1);
  expect((await run('dist/src/main.js')).code).toBe(3);
});

it('leaves Ctrl-C to the command, which gets it once', async () => {
  const program = `
    let times = 0;
    process.on('SIGINT', () => { times++; setTimeout(() => { console.log(times); process.exit(7); }, 300); });
    setInterval(() => undefined, 1_000);
    console.log('up');
  `;
  await writeFile(join(root, 'src/main.ts'), program);
  await run('--setup-only');
  const child = start('dist/src/main.js');
  await once(child.stdout!, 'data');
  child.kill('SIGINT');
  const [text] = (await once(child.stdout!, 'data')) as [Buffer];
  expect(text.toString()).toBe('1\n');
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(7);
});

it('runs a command that a dependency installs, and says so if there is none', async () => {
  expect((await run('tsc', '--version')).out).toMatch(/^Version 7/);
  const { code, said } = await run('no-such-command');
  expect(code).toBe(1);
  expect(said).toContain('There is no command no-such-command in node_modules/.bin.');
});
