/**
 * What an import makes of a parameter of Katib is what the service of its algorithm suggested in a run (test/fixtures/spaces/make-readings.py): the same
 * values, as likely as there but for what the import tells; or a refusal on both sides.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Distribution, gridValuesOf, type Value } from '../../../src/algorithms/space/space.ts';
import type { SourceSpace } from '../../../src/imports/imported-space.ts';
import { readKatib } from '../../../src/imports/katib.ts';
import { parseYaml, withoutBase60 } from '../../../src/imports/source-text.ts';
import { countsDiffer, DRAWS, type Draws, distance, FAR, rounded, sampled } from '../../support/distribution.ts';

interface KatibCase {
  readonly construct: string;
  readonly text: string;
  readonly counts?: readonly (readonly [Value, number])[];
  readonly quantiles?: readonly number[];
  readonly refused?: string;
}

interface Fixture {
  readonly cases: readonly KatibCase[];
  /** Algorithm → service, as Katib is configured by default. */
  readonly services: Readonly<Record<string, string>>;
  readonly hyperband: readonly {
    readonly r_l: string;
    readonly eta: string;
    /** Of each answer: how many suggestions, and their resource. */
    readonly brackets: readonly (readonly [number, number])[];
  }[];
  readonly medianStop: readonly {
    readonly rules: readonly { readonly value: number; readonly startStep: number }[];
  }[];
  /** Whole numbers from 1 to 11 that cmaes suggests if the other ranges have a width of 1. */
  readonly besideNarrow: readonly (readonly [value: number, count: number])[];
  /** Algorithm → how many of three suggestions of a request differ, request by request. */
  readonly differentOfThree: Readonly<Record<string, readonly number[]>>;
}

const file = new URL('../../fixtures/spaces/readings/katib-experiment.json', import.meta.url);
const katib = JSON.parse(readFileSync(file, 'utf8')) as Fixture;

/** What an import says where Katib refuses, fails, or leaves a parameter out in silence. */
const REFUSED = /refuses|fails|suggests no value|must start above 0|must be a number|must be whole|above its upper/;
/** What Katib draws and we cannot. */
const NOT_HERE = /there is no (normal|logNormal) distribution here|the step of an int must be whole/;

/** Every share that notes tell of is that of the draws. */
function expectToldShares(told: string, counts: readonly (readonly [Value, number])[]): void {
  const inner = counts.slice(1, -1).map(([, count]) => count);
  const mean = inner.reduce((sum, count) => sum + count, 0) / inner.length;
  if (/half as (likely|often)/.test(told))
    for (const [value, count] of [counts[0]!, counts.at(-1)!])
      expect(countsDiffer(count, mean / 2), `${value}`).toBe(false);
  else if (told.includes('less likely')) expect(Math.max(counts[0]![1], counts.at(-1)![1])).toBeLessThan(mean / 2);
  const [, value, percent] = /([\d.]+) is (\d+) % of the values there/.exec(told) ?? [];
  const [, zeros] = /(\d+) % of its values are 0 in Katib/.exec(told) ?? [];
  const percentOf = (wanted: number) => (100 * counts.find(([one]) => one === wanted)![1]) / DRAWS;
  if (value !== undefined) expect(Math.abs(percentOf(Number(value)) - Number(percent))).toBeLessThan(1.5);
  if (zeros !== undefined) expect(Math.abs(percentOf(0) - Number(zeros))).toBeLessThan(1.5);
  const most = Math.max(...counts.map(([, count]) => count)) / DRAWS;
  const [, times] = /the last value ([\d.]+) times as often/.exec(told) ?? [];
  if (times !== undefined) expect(countsDiffer(counts.at(-1)![1], Number(times) * mean)).toBe(false);
  if (told.includes('takes the nearest value')) expect(most).toBeCloseTo(0.5, 1);
  else if (told.includes('twice as often')) expect(most).toBeCloseTo(2 / 3, 1);
}

/** Other probabilities, of which the import tells. */
const UNEVEN =
  /half as|less likely|shares of its ends differ|there small ones are more likely|twice as often|nearest value|times as often/;

function expectDrawn(setting: Distribution, draws: Draws, told: string, algorithm: string): void {
  // Suggestions of cmaes before any result crowd in the middle.
  const isEven = algorithm !== 'cmaes';
  if ('quantiles' in draws) {
    if (setting.distribution !== 'float') throw new Error(`is no range: ${setting.distribution}`);
    const [lowest, highest] = [draws.quantiles[0]!, draws.quantiles.at(-1)!];
    if (isEven) expect(distance(sampled(setting) as number[], draws.quantiles)).toBeLessThan(FAR);
    else expect([setting.low <= lowest, highest <= setting.high, setting.scale]).toEqual([true, true, 'linear']);
    return;
  }
  const counts = draws.counts.map(([value, count]) => [rounded(value), count] as const);
  const ours = (algorithm === 'grid' ? gridValuesOf(setting) : sampled(setting)).map(rounded);
  expect(new Set(ours)).toEqual(new Set(counts.map(([value]) => value)));
  if (algorithm === 'grid' || !isEven) return;
  if (UNEVEN.test(told)) expectToldShares(told, counts);
  else
    for (const [value, count] of counts) {
      const own = ours.filter((one) => one === value).length;
      expect(countsDiffer(own, count), `${value}: ${own} and ${count}`).toBe(false);
    }
}

describe('katib-experiment: as the services of Katib suggest', () => {
  it.each(katib.cases.map((one) => [one.construct, one] as const))('%s', (construct, { text, refused, ...draws }) => {
    const { parameters, leftOut } = readKatib(withoutBase60(parseYaml(text)));
    const read = parameters.find(({ name }) => name === 'x');
    const why = leftOut.find(({ name }) => name === 'x')?.why;
    const told = [why ?? '', ...(read?.notes ?? [])].join('\n');
    if (refused !== undefined) expect(told).toMatch(REFUSED);
    else if (read === undefined) expect(why).toMatch(NOT_HERE);
    else expectDrawn(read.setting as Distribution, draws as Draws, told, construct.split(', ').at(-1)!);
  });

  it('has cases of every algorithm that Katib serves, but for those that search architectures', () => {
    const tried = new Set(katib.cases.map(({ construct }) => construct.split(', ').at(-1)!));
    expect([...tried, 'darts', 'enas', 'medianstop'].sort()).toEqual(Object.keys(katib.services).sort());
  });

  const experiment = (algorithm: string, more = '') =>
    readKatib(parseYaml(`kind: Experiment\nspec:\n  algorithm: {${algorithm}}\n${more}`));
  const partOf = ({ strategy }: SourceSpace, part: string) => strategy.filter((one) => one.part === part);

  it.each(katib.hyperband)('hyperband up to $r_l by $eta begins as there', ({ r_l, eta, brackets }) => {
    const settings = Object.entries({ r_l, eta, resource_name: 'epochs' });
    const listed = settings.map(([name, value]) => `{name: ${name}, value: "${value}"}`).join(', ');
    const epochs = '  parameters: [{name: epochs, parameterType: int, feasibleSpace: {min: "1", max: "9"}}]\n';
    const read = experiment(`algorithmName: hyperband, algorithmSettings: [${listed}]`, epochs);
    const pruner = { type: 'hyperband', minEpochs: brackets[0]![1], reductionFactor: Number(eta) };
    expect(partOf(read, 'pruner').map(({ value }) => value)).toEqual([pruner]);
    expect(read.parameters).toMatchObject([{ name: 'epochs', setting: Math.max(...brackets.map((one) => one[1]!)) }]);
    expect(read.leftOut).toEqual([]);
  });

  it('medianstop compares with a mean, from so many trials and steps on', () => {
    const [early, byDefault, set] = katib.medianStop;
    // Three trials had the means 1, 2 and 9.
    expect([early!.rules, byDefault!.rules]).toEqual([[], [{ value: 4, startStep: 4 }]]);
    expect(set!.rules).toMatchObject([{ value: expect.closeTo((104 + 108 + 136) / 15), startStep: 5 }]);
    const [part] = partOf(
      experiment('algorithmName: random', '  earlyStopping: {algorithmName: medianstop}\n'),
      'pruner',
    );
    expect(part!.value).toEqual({ type: 'median', startupTrials: 3, warmupEpochs: 4 });
  });

  it('cmaes hardly varies a range beside narrow ones, of which the import tells', () => {
    const middle = katib.besideNarrow.find(([value]) => value === 6)!;
    expect(middle[1]).toBeGreaterThan(0.99 * DRAWS);
    const [note] = experiment('algorithmName: cmaes').notes;
    expect(note!.text).toContain('a sixth of the narrowest range: wider ones hardly vary at first');
  });

  it('only tpe suggests the same to all, of which the import tells', () => {
    for (const [algorithm, different] of Object.entries(katib.differentOfThree)) {
      const isSame = different.slice(1).every((count) => count === 1);
      const told = experiment(`algorithmName: ${algorithm}`)
        .notes.map(({ text }) => text)
        .join();
      expect([algorithm, isSame, told.includes('suggests the same values')]).toEqual([
        algorithm,
        ...Array<boolean>(2).fill(algorithm === 'tpe'),
      ]);
    }
  });
});
