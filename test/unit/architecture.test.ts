/** Architecture rules that linters cannot check (docs/architecture.md). For the directions of imports see npm run lint. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { projectRoot } from '../../src/paths.ts';
import config from '../../vitest.config.ts';

interface Module {
  readonly path: string;
  readonly pure?: boolean;
}
const { modules } = (await import(pathToFileURL(join(projectRoot, '.dependency-cruiser.mjs')).href)) as {
  modules: Readonly<Record<string, Module>>;
};

/** Of the project's own sources in a folder, by their paths from the root. */
function filesIn(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('prisma-client'))
    .map((name) => `${folder}/${name}`);
}

const files = [...filesIn('src'), ...filesIn('workers'), ...filesIn('web/src')];
const isIn = ({ path }: Module) =>
  path.endsWith('/') ? (file: string) => file.startsWith(path) : (file: string) => file === path;

it('every file is in one module, and every module has files', () => {
  const all = Object.entries(modules);
  const modulesOf = (file: string) => all.filter(([, module]) => isIn(module)(file)).map(([name]) => name);
  expect(files.filter((file) => modulesOf(file).length !== 1)).toEqual([]);
  expect(all.filter(([, module]) => !files.some(isIn(module))).map(([name]) => name)).toEqual([]);
});

it('asks neither Math.random nor the clock what to try or how to train', () => {
  const pure = Object.values(modules).filter((module) => module.pure);
  expect(pure.length).toBeGreaterThan(0);
  const against = pure
    .flatMap((module) => files.filter(isIn(module)))
    .filter((file) =>
      /Math\.random|Date\.now|new Date(?!\([a-z])|performance\.now/.test(readFileSync(join(projectRoot, file), 'utf8')),
    );
  expect(against).toEqual([]);
});

it('runs every file of tests in some project', () => {
  const folders = config.test?.projects?.map((project) => (project as { test: { name: string } }).test.name);
  const tests = filesIn('test').filter((file) => file.endsWith('.test.ts'));
  expect(tests.length).toBeGreaterThan(50);
  expect(tests.filter((file) => !folders?.includes(file.split('/')[1]!))).toEqual([]);
});

it('has workers that only put things together', () => {
  for (const file of filesIn('workers')) {
    const lines = readFileSync(join(projectRoot, file), 'utf8').split('\n').length;
    expect(lines, file).toBeLessThan(50);
  }
});
