import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyGolden } from '../../src/cli/verify-golden.ts';
import { replay } from '../../src/conformance/network/golden.ts';
import { type GoldenFixture, readFixture } from '../../src/conformance/network/golden-fixture.ts';
import { createPlainKernels } from '../../src/nn/kernels/plain.ts';
import { everyKernels } from '../support/kernels.ts';

const folder = join(import.meta.dirname, 'network');
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');
const fixtureOf = (file: string) => readFixture(JSON.parse(textOf(file)));

/** What the command prints and returns for a folder that holds the given files. */
function verify(contents: Record<string, string>, args: string[] = []): { lines: string[]; code: number } {
  const dir = mkdtempSync(join(tmpdir(), 'golden-'));
  for (const [file, text] of Object.entries(contents)) writeFileSync(join(dir, file), text);
  const lines: string[] = [];
  const code = verifyGolden([dir, ...args], (line) => lines.push(line));
  rmSync(dir, { recursive: true });
  return { lines, code };
}

describe('training runs computed by PyTorch', () => {
  it('has the twelve that were given, and six of our own', () => expect(files).toHaveLength(18));

  it.each(files)('agree with all kernels: %s', (file) => {
    const fixture = fixtureOf(file);
    for (const [name, kernels] of everyKernels) expect(replay(fixture, kernels), name).toEqual([]);
  });

  // In float64 the fixtures' nine digits are the limit: what is allowed to float32 is a thousand times what is needed.
  it.each(files)('agree to a hundredth of the tolerance in float64: %s', (file) => {
    const fixture = fixtureOf(file);
    const { loss, gradient, parameter, probe } = fixture.tolerance;
    const strict = { loss: loss / 100, gradient: gradient / 100, parameter: parameter / 100, probe: probe / 100 };
    expect(replay({ ...fixture, tolerance: strict }, createPlainKernels('float64'))).toEqual([]);
  });
});

describe('replay', () => {
  const fixture = fixtureOf('batch-norm-tanh-deep.json');
  const kernels = createPlainKernels('float64');
  const { expected } = fixture;
  const injected: [string, Partial<GoldenFixture['expected']>, string, string][] = [
    ['a loss', { steps: expected.steps.with(7, { ...expected.steps[7]!, dataLoss: 3 }) }, 'dataLoss', 'step 7'],
    [
      'a norm',
      { steps: expected.steps.with(2, { ...expected.steps[2]!, gradientNorm: Number.NaN }) },
      'gradientNorm',
      'step 2',
    ],
    [
      'a gradient',
      { firstGradients: expected.firstGradients.with(1, { ...expected.firstGradients[1]!, gamma: Array(12).fill(9) }) },
      'gradient of gamma',
      'layer 1 [0]',
    ],
    [
      'a running mean',
      { finalParameters: expected.finalParameters.with(0, { ...expected.finalParameters[0]!, runningMean: [] }) },
      'length of final runningMean',
      'layer 0',
    ],
    ['an output', { probeOutputs: expected.probeOutputs.with(39, 100) }, 'probe', 'outputs [39]'],
  ];
  it.each(injected)('finds %s that was altered', (_what, altered, what, where) => {
    const mismatches = replay({ ...fixture, expected: { ...expected, ...altered } }, kernels);
    expect(mismatches[0]).toMatchObject({ what, where });
  });

  it.each([
    ['l2', { l2: 0.001 }],
    ['clipNorm', { clipNorm: 0.5 }],
    ['schedule', { schedule: { type: 'exponential', gamma: 0.9, every: 10 } }],
    ['activation', { network: { ...fixture.network, activation: 'relu' } }],
    ['optimizer', { optimizer: { type: 'nesterov', learningRate: 0.03, momentum: 0.9 } }],
  ] satisfies [string, Partial<GoldenFixture>][])('finds another %s', (_name, altered) => {
    expect(replay({ ...fixture, ...altered }, kernels).length).toBeGreaterThan(0);
  });
});

describe('the format', () => {
  const given = JSON.parse(textOf('softmax-regression-sgd.json'));
  const read = (network: object, training: object = {}) => {
    const { schedule: _, l2: __, clipNorm: ___, ...rest } = given.training;
    const { batchNorm: ____, ...spec } = given.network;
    return readFixture({ ...given, network: { ...spec, ...network }, training: { ...rest, ...training } });
  };

  it('takes what is missing, or null, for none', () => {
    const none = { l2: 0, clipNorm: undefined, schedule: { type: 'constant' }, network: { batchNorm: false } };
    expect(read({})).toMatchObject(none);
    expect(read({ slope: null }, { schedule: null, l2: null, clipNorm: null })).toMatchObject(none);
    const { network, schedule } = read({ slope: 0.3, alpha: 2 }, { schedule: { type: 'constant', warmup: 4 } });
    expect([network.slope, network.alpha, schedule.warmup]).toEqual([0.3, 2, 4]);
  });

  it.each([
    ['a slope that is no number', { slope: 'steep' }, {}, 'network.slope must be a number'],
    ['a batch norm that is neither on nor off', { batchNorm: 'yes' }, {}, 'network.batchNorm must be true or false'],
    ['dropout, whose masks nobody else draws', { dropout: 0.5 }, {}, 'network.dropout cannot be replayed'],
    ['a loss that is not known', { loss: 'hinge' }, {}, 'unknown loss "hinge"'],
    ['a schedule without its numbers', {}, { schedule: { type: 'cosine' } }, 'training.schedule.floor is missing'],
    ['a schedule that is not known', {}, { schedule: { type: 'sine' } }, 'unknown schedule "sine"'],
    ['an l2 that is no number', {}, { l2: 'much' }, 'training.l2 must be a number'],
  ])('refuses %s', (_what, network, training, message) => expect(() => read(network, training)).toThrow(message));

  it('wants targets of binary cross-entropy from 0 to 1', () => {
    const binary = fixtureOf('leaky-relu-slope-binary.json');
    const altered = { ...binary, data: { ...binary.data, y: binary.data.y.with(3, 2) } };
    expect(() => replay(altered, createPlainKernels('float64'))).toThrow('not from 0 to 1');
  });
});

describe('verify-golden', () => {
  const good = textOf('softmax-regression-sgd.json');
  it('prints a line a file and the count, and returns 0 when all agree', () => {
    const { lines, code } = verify({ 'a.json': good, 'notes.txt': 'not a fixture' });
    expect(lines).toEqual(['ok softmax-regression-sgd (20 steps; plain, simd)', '1 passed, 0 failed']);
    expect(code).toBe(0);
    expect(verify({ 'a.json': good }, ['--kernels', 'plain64']).code).toBe(0);
  });

  it('says what differs, where and by how much, and returns 1', () => {
    const json = JSON.parse(good);
    json.expected.steps[4].dataLoss += 0.01;
    const { lines, code } = verify({ 'a.json': JSON.stringify(json), 'b.json': good });
    expect(lines[0]).toMatch(
      /^FAIL softmax-regression-sgd: plain: dataLoss, step 4, ours .+, expected .+, tolerance .+/,
    );
    expect(lines.slice(1)).toEqual(['ok softmax-regression-sgd (20 steps; plain, simd)', '1 passed, 1 failed']);
    expect(code).toBe(1);
  });

  it.each([
    ['an optimizer that is not known', good.replace('"sgd"', '"lion"'), 'unknown optimizer "lion"'],
    ['an activation that is not known', good.replace('"linear"', '"swish"'), 'unknown activation "swish"'],
    ['a later format', good.replace('network-golden/1', 'network-golden/2'), 'the format is'],
    ['no JSON', '{', ''],
    ['a missing part', JSON.stringify({ ...JSON.parse(good), tolerance: {} }), 'tolerance.loss is missing'],
    [
      'rows that are not there',
      good.replace(/"batches":\s*\[\s*\[\s*\d+/, '"batches":[[999'),
      'names a row that is not there',
    ],
  ])('fails, and does not crash, on %s', (_what, text, message) => {
    const { lines, code } = verify({ 'a.json': text });
    expect(lines[0]).toMatch(/^FAIL a\.json: /);
    expect(lines[0]).toContain(message);
    expect(lines[1]).toBe('0 passed, 1 failed');
    expect(code).toBe(1);
  });

  it('does not pass where there is nothing to compare', () => {
    expect(verify({})).toEqual({ lines: ['0 passed, 0 failed'], code: 1 });
    expect(verify({ 'a.json': '{"format":"other/1"}' }).code).toBe(1);
    expect(verify({ 'a.json': good }, ['--kernels', 'unknown']).code).toBe(2);
    expect(verifyGolden(['/nowhere/at/all'], () => {})).toBe(2);
    expect(verifyGolden([], () => {})).toBe(2);
  });
});
