/** What the documents name is there: files, scripts, settings and their defaults. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { projectRoot } from '../../src/paths.ts';

const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file.replaceAll('\\', '/')}`),
];

/** Paths from the root, in backticks; those of recipes have a name in capitals in place of what is chosen. */
const path = /`((?:src|test|web|bench|workers|kernels|scripts|prisma|docs|examples|\.vscode)\/[\w./-]*)`/g;
/** Links to files of the project. */
const link = /\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g;

describe.each(documents)('%s', (document) => {
  const text = read(document);

  it('names files that are there', () => {
    const named = [...text.matchAll(path)].map(([, file]) => file!).filter((file) => !/\b[A-Z]{4}/.test(file));
    const linked = [...text.matchAll(link)].map(([, file]) => join(dirname(document), file!));
    expect([...named, ...linked].filter((file) => !existsSync(join(projectRoot, file)))).toEqual([]);
  });

  it('names scripts that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/\bnpm run ([a-z][a-z:-]*[a-z])/g)].map(([, name]) => name!);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe('the settings in docs/operations.md', () => {
  const rows = [...read('docs/operations.md').matchAll(/^\| `([A-Z_]+)` \| (.*?) \|/gm)];
  const documented = new Map(rows.map(([, name, fallback]) => [name!, fallback!.replaceAll('`', '')]));

  it('are those that are read', () => {
    const names = [...read('src/config.ts').matchAll(/^ {2}([A-Z_]+): /gm)].map(([, name]) => name);
    expect([...documented.keys()].toSorted()).toEqual(names.toSorted());
  });

  it('have the defaults that they have', () => {
    const {
      host,
      port,
      queuePrefix,
      kernels,
      trialMemoryBytes,
      leaseSeconds,
      reconcileSeconds,
      connections,
      logLevel,
    } = readConfig({});
    const defaults = {
      HYPERSEARCH_HOST: host,
      HYPERSEARCH_PORT: port,
      HYPERSEARCH_QUEUE_PREFIX: queuePrefix,
      HYPERSEARCH_KERNELS: kernels,
      HYPERSEARCH_TRIAL_MEMORY_MB: trialMemoryBytes / 2 ** 20,
      HYPERSEARCH_LEASE_SECONDS: leaseSeconds,
      HYPERSEARCH_SWEEP_SECONDS: reconcileSeconds,
      HYPERSEARCH_CONNECTIONS: connections,
      HYPERSEARCH_LOG: logLevel,
      HYPERSEARCH_URL: readConfig({}).serviceUrl,
    };
    for (const [name, value] of Object.entries(defaults)) {
      expect(`${name} ${documented.get(name)}`).toBe(`${name} ${value}`);
    }
  });
});
