/**
 * Imported search spaces, those of Ray Tune, Hyperopt and scikit-learn as clients/python/hypersearch_space.py writes them: sampled here, their values
 * are distributed as 10,000 draws of the tool’s own sampler (test/fixtures/spaces/make-spaces.py), but for what the import tells.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Distribution, Value } from '../../../src/algorithms/space/space.ts';
import { readSpace } from '../../../src/imports/read-space.ts';
import { countsDiffer, type Draws, distance, FAR, rounded, sampled } from '../../support/distribution.ts';

interface Fixture {
  readonly version: string;
  /** Of the file that is imported. */
  readonly text: string;
  readonly draws: Readonly<Record<string, Draws>>;
}

function fixture(tool: string): Fixture {
  return JSON.parse(readFileSync(new URL(`../../fixtures/spaces/${tool}.json`, import.meta.url), 'utf8')) as Fixture;
}

/** What the import says of it: ends that are less likely, ranges of whole numbers on a log scale that are rounded in other ways. */
const TOLD = /half as likely|less likely|less often|shares of its ends differ|with other probabilities/;

const tools = ['ray-tune', 'hyperopt', 'scikit-learn', 'wandb-sweep', 'configspace', 'nni-search-space', 'keras-tuner'];

describe.each(tools)('a space of %s', (tool) => {
  const { text: file, draws } = fixture(tool);
  const read = readSpace({ text: file });
  const noteOf = (name: string) =>
    read.notes
      .filter((note) => note.name === name)
      .map(({ text }) => text)
      .join('\n');

  it.each(read.mapped.filter(({ setting }) => typeof setting === 'object').map((one) => [one.source, one] as const))(
    'has the values of %s',
    (source, { setting }) => {
      const drawn = draws[source.split('/').at(-1)!];
      const ours = sampled(setting as Distribution);
      // Ray does not draw from a grid.
      if (drawn === undefined) return expect(source).toBe('batch_norm');
      if ('quantiles' in drawn) return expect(distance(ours as number[], drawn.quantiles)).toBeLessThan(FAR);
      const counts = new Map(drawn.counts.map(([value, count]) => [rounded(value), count]));
      expect(new Set(ours.map(rounded))).toEqual(new Set(counts.keys()));
      if (TOLD.test(noteOf(source))) return undefined;
      for (const [value, count] of counts) {
        const own = ours.filter((one: Value) => rounded(one) === value).length;
        expect(countsDiffer(own, count), `${value}: ${own} and ${count}`).toBe(false);
      }
      return undefined;
    },
  );

  it('takes over or names every parameter', () => {
    const names = [...read.mapped.map(({ source }) => source), ...read.unmapped.map(({ name }) => name)];
    const known = names.map((name) => name.split('/').at(-1)!);
    expect(known).toEqual(expect.arrayContaining(Object.keys(draws)));
  });
});

it('keeps the condition of a parameter below an option of hp.choice', () => {
  const { hyperparameters } = readSpace({ text: fixture('hyperopt').text }).specification;
  expect(hyperparameters).toMatchObject({
    optimizer: { choices: ['sgd', 'momentum'] },
    momentum: { low: 0.5, high: 0.9, when: { optimizer: ['momentum'] } },
  });
});

it('says why a parameter is left out', () => {
  const { unmapped } = readSpace({ text: fixture('ray-tune').text });
  expect(unmapped.map(({ name, why }) => [name, why])).toEqual([
    ['other', expect.stringMatching(/./)],
    ['noise', expect.stringMatching(/./)],
  ]);
});
