/** The directions in which the rooms may know each other (docs/architecture.md). A new import against them fails here. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/paths.ts';

const src = join(projectRoot, 'src');

/** room → the rooms, or single files, it may import from, beside itself; `packages` says whether npm packages are allowed. */
const house: Record<string, { rooms: readonly string[]; packages: boolean }> = {
  'random.ts': { rooms: ['exact-math.ts'], packages: false },
  'exact-math.ts': { rooms: [], packages: false },
  'errors.ts': { rooms: [], packages: false },
  'paths.ts': { rooms: [], packages: false },
  'config.ts': { rooms: [], packages: true },
  'format.ts': { rooms: [], packages: false },
  search: { rooms: ['random.ts', 'exact-math.ts', 'format.ts'], packages: false },
  nn: { rooms: ['random.ts', 'exact-math.ts', 'format.ts', 'search/objective.ts'], packages: false },
  data: { rooms: ['random.ts', 'exact-math.ts'], packages: false },
  diagnosis: { rooms: ['nn'], packages: false },
  compute: { rooms: ['nn', 'data', 'diagnosis', 'search/objective.ts', 'errors.ts', 'paths.ts'], packages: true },
  searches: {
    rooms: [
      'search',
      'data',
      'compute',
      'diagnosis',
      'nn/series.ts',
      'nn/activation-names.ts',
      'errors.ts',
      'format.ts',
    ],
    packages: true,
  },
  contract: {
    rooms: ['searches', 'search', 'data', 'compute', 'diagnosis', 'nn/series.ts', 'errors.ts'],
    packages: true,
  },
  application: {
    rooms: ['contract', 'searches', 'search', 'data', 'compute', 'diagnosis', 'errors.ts'],
    packages: true,
  },
  client: { rooms: ['contract'], packages: false },
  adapters: {
    rooms: ['searches', 'search/objective.ts', 'contract/trials.ts', 'compute', 'data', 'nn/series.ts', 'errors.ts'],
    packages: true,
  },
  api: {
    rooms: ['application', 'contract', 'searches', 'data', 'nn/series.ts', 'errors.ts', 'paths.ts'],
    packages: true,
  },
  // The composition roots know everything.
  'assembly.ts': { rooms: ['*'], packages: true },
  'service.ts': { rooms: ['*'], packages: true },
  'serve.ts': { rooms: ['*'], packages: true },
  cli: { rooms: ['*'], packages: true },
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const room = roomOf(file);
  const text = readFileSync(file, 'utf8');
  const statements = text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^;]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|import\('([^']+)'\)/gm,
  );
  return [...statements].map(([, type, from, bare, dynamic]) => ({
    file: relative(projectRoot, file),
    room,
    target: from ?? bare ?? dynamic ?? '',
    typeOnly: type !== undefined,
  }));
}

function roomOf(file: string): string {
  return relative(src, file).split('/')[0]!;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.includes('prisma-client'))
  .map((name) => join(src, name));
const imports = files.flatMap(importsOf);

describe('the house', () => {
  it('has no room that is not in the plan', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => house[room] === undefined)).toEqual([]);
  });

  it('keeps the directions', () => {
    const against = imports.filter(({ file, room, target }) => {
      if (!target.startsWith('.')) return false;
      const path = resolve(projectRoot, dirname(file), target);
      const [other, allowed] = [roomOf(path), house[room]!.rooms];
      return other !== room && !['*', other, relative(src, path)].some((known) => allowed.includes(known));
    });
    expect(against.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('gives the page types of every room, and values of what a browser can run', () => {
    const web = join(projectRoot, 'web', 'src');
    const own = readdirSync(web, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
    const against = own
      .flatMap((name) => importsOf(join(web, name)))
      .filter(({ file, target, typeOnly }) => {
        const place = relative(projectRoot, resolve(projectRoot, dirname(file), target));
        return (
          !typeOnly && place.startsWith('src/') && !/^src\/(search|searches|client|format|nn\/series)\b/.test(place)
        );
      });
    expect(against.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('keeps npm packages out of the pure rooms', () => {
    const against = imports.filter(
      ({ room, target }) => !house[room]!.packages && !target.startsWith('.') && !target.startsWith('node:'),
    );
    expect(against.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('keeps third-party stores in the adapters', () => {
    const stores = /^(bullmq|ioredis|pg|@prisma\/.*)$/;
    const against = imports.filter(({ room, target }) => room !== 'adapters' && stores.test(target));
    expect(against.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('reads the environment in one place', () => {
    const readers = files.filter((file) => /process\.env\b/.test(readFileSync(file, 'utf8')));
    expect(readers.map((file) => relative(src, file))).toEqual(['config.ts']);
  });

  it('asks neither Math.random nor the clock what to try or how to train', () => {
    const pure = files.filter((file) => ['search', 'nn', 'data', 'random.ts', 'exact-math.ts'].includes(roomOf(file)));
    const against = pure.filter((file) =>
      /Math\.random|Date\.now|new Date|performance\.now/.test(readFileSync(file, 'utf8')),
    );
    expect(against.map((file) => relative(src, file))).toEqual([]);
  });

  it('has workers that only put things together', () => {
    for (const name of readdirSync(join(projectRoot, 'workers'))) {
      const lines = readFileSync(join(projectRoot, 'workers', name), 'utf8').split('\n').length;
      expect(lines, name).toBeLessThan(50);
    }
  });
});
