/** Lint reports every fault that is injected into a copy of the project. */
import { spawnSync } from 'node:child_process';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/paths.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts';

const copied = [
  ...['src', 'workers', 'web', 'bench', 'test', 'scripts', 'kernels', 'prisma', 'package.json', 'tsconfig.json'],
  ...['tsconfig.check.json', 'biome.json', 'knip.jsonc', '.oxlintrc.json', '.dependency-cruiser.mjs', '.gitignore'],
  ...['vitest.config.ts', 'prisma.config.ts'],
];

/** Promises of every origin: one a line, between the marks. */
const floating = `
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fastify } from 'fastify';
import pg from 'pg';
import type { SearchStore } from '../application/ports/search-store.ts';

async function local(): Promise<void> {}
export class Injected {
  async run(): Promise<void> {}
  go(store: SearchStore, emitter: NodeJS.EventEmitter): void {
    const { remove } = store;
    // begin
    local();
    this.run();
    store.remove('1');
    remove('1');
    sleep(1);
    once(emitter, 'end');
    new pg.Client().end();
    fastify().listen({ port: 1 });
    fetch('http://127.0.0.1');
    Promise.all([local()]);
    local().then(() => 1);
    [1, 2].map(async (x) => x);
    setInterval(async () => local(), 1);
    // end
  }
}
`;

const injected: Readonly<Record<string, string>> = {
  'src/api/floating.ts': floating,
  'src/nn/upwards.ts': `import type { Search } from '../domain/search.ts';\nexport type Upwards = Search;\n`,
  'src/nn/packaged.ts': `import { z } from 'zod';\nexport const packaged = z.string();\n`,
  'src/data/circle-a.ts': `import type { B } from './circle-b.ts';\nexport interface A { readonly b: B }\n`,
  'src/data/circle-b.ts': `import type { A } from './circle-a.ts';\nexport interface B { readonly a?: A }\n`,
  'src/api/stored.ts': `import pg from 'pg';\nexport const stored = pg.Client;\n`,
  'src/api/unbuilt.ts': `import { build } from 'vite';\nexport const unbuilt = build;\n`,
  'src/nowhere/lost.ts': `import { Problem } from '../errors.ts';\nexport const lost = Problem;\n`,
  'web/src/value.ts': `import { problems } from '../../src/errors.ts';\nexport const value = problems;\n`,
  'src/cli/missing.ts': `import { nothing } from './there-is-no-such-file.ts';\nexport const missing = nothing;\n`,
  'src/cli/tested.ts': `import { run } from '../../test/support/processes.ts';\nexport const tested = run;\n`,
  'src/api/environment.ts': `export const environment = process.env;\n`,
};

let folder: TemporaryFolder;
let output: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  for (const name of copied) await cp(join(projectRoot, name), join(folder.path, name), { recursive: true });
  await symlink(join(projectRoot, 'node_modules'), join(folder.path, 'node_modules'), 'junction');
  for (const [name, text] of Object.entries(injected)) {
    await cp(join(projectRoot, 'src/paths.ts'), join(folder.path, name)); // makes the folder
    await writeFile(join(folder.path, name), text);
  }
  const errors = join(folder.path, 'src/errors.ts');
  await writeFile(errors, `${await readFile(errors, 'utf8')}\nexport function nobodyImports(): void {}\n`);
  const manifest = join(folder.path, 'package.json');
  const { dependencies, ...others } = JSON.parse(await readFile(manifest, 'utf8')) as { dependencies: object };
  await writeFile(manifest, JSON.stringify({ ...others, dependencies: { ...dependencies, 'nobody-uses': '1.0.0' } }));
  const { GITHUB_ACTIONS: _, ...env } = process.env; // oxlint writes GitHub's annotations where it is set
  const lint = spawnSync(process.execPath, [join(folder.path, 'scripts/lint.mjs')], { encoding: 'utf8', env });
  expect(lint.status).toBe(1);
  output = stripVTControlCharacters(lint.stdout); // oxlint colours what it says where CI is set
}, 300_000);
afterAll(() => folder?.remove());

it('every promise that nobody waits for', () => {
  const lines = floating.split('\n');
  const [begin, end] = ['// begin', '// end'].map((mark) => lines.findIndex((line) => line.includes(mark)));
  const seen = [...output.matchAll(/src\/api\/floating\.ts:(\d+):/g)].map(([, line]) => Number(line));
  const expected = Array.from({ length: end! - begin! - 1 }, (_, i) => begin! + 2 + i);
  expect([...new Set(seen)].sort((a, b) => a - b)).toEqual(expected);
});

describe('imports', () => {
  it.each([
    ['nn-imports', 'src/nn/upwards.ts', 'src/domain/search.ts'],
    ['nn-without-packages', 'src/nn/packaged.ts', 'node_modules/zod'],
    ['no-circle', 'src/data/circle-[ab].ts', 'src/data/circle-[ab].ts'],
    ['stores-in-adapters', 'src/api/stored.ts', 'node_modules/pg'],
    ['no-dev-dependency', 'src/api/unbuilt.ts', 'node_modules/vite'],
    ['no-module-from', 'src/nowhere/lost.ts', 'src/errors.ts'],
    ['web-imports-values', 'web/src/value.ts', 'src/errors.ts'],
    ['resolvable', 'src/cli/missing.ts', './there-is-no-such-file'],
    ['no-test-code', 'src/cli/tested.ts', 'test/support/processes.ts'],
  ])('%s: %s → %s', (rule, from, to) => {
    expect(output).toMatch(new RegExp(`error ${rule}: ${from} →\\s+\\S*${to}`));
  });
});

it.each([
  [/Unused files[\s\S]*src\/api\/stored\.ts/],
  [/Unused dependencies[\s\S]*nobody-uses +package\.json/],
  [/Unused exports[\s\S]*nobodyImports +function +src\/errors\.ts/],
  [/src\/api\/environment\.ts:1:\d+ lint\/style\/noProcessEnv/],
])('%s', (pattern) => {
  expect(output).toMatch(pattern);
});
