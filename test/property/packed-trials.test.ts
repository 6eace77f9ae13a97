/** Packed curves and findings are what they were, whatever they are; only two series lose digits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Measurements, measurementsOf, pack, unpack } from '../../src/adapters/postgres/packed-trials.ts';
import type { FoldCurves, FoldsFinding, ObservedLayers } from '../../src/compute/trial.ts';

/** What JSON can say: −0 is 0. */
const number = fc
  .oneof(
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.float({ noDefaultInfinity: true, noNaN: true }),
    fc.double({ min: -10, max: 10, noNaN: true }).map((value) => Number(value.toPrecision(4))),
    fc.integer(),
    fc.constant(0),
  )
  .map((value) => value + 0);
const orNull = fc.option(number, { freq: 6 });
const series = fc.array(orNull, { maxLength: 30 });

const layer = fc.record({
  mean: orNull,
  deviation: orNull,
  unitDeviation: orNull,
  saturated: orNull,
  dead: orNull,
  gradientNorm: orNull,
  updateRatio: orNull,
});
const alike = fc.integer({ min: 0, max: 4 }).chain((layers) =>
  fc.array(fc.record({ epoch: fc.nat(), layers: fc.array(layer, { minLength: layers, maxLength: layers }) }), {
    maxLength: 25,
  }),
);
/** Of epochs with other layers, or with signals that others lack. */
const mixed = fc.array(
  fc.record({
    epoch: fc.nat(),
    layers: fc.array(fc.oneof(layer, fc.record({ mean: orNull })), { maxLength: 3 }),
  }),
  { maxLength: 5 },
) as fc.Arbitrary<ObservedLayers[]>;

const fold: fc.Arbitrary<FoldCurves> = fc.record({
  fold: fc.nat(),
  value: orNull,
  initialLoss: orNull,
  trainLoss: series,
  trainMetric: series,
  validationLoss: series,
  validationMetric: series,
  learningRate: series,
  gradientNorm: series,
  peakLoss: series,
  peakStep: fc.array(fc.nat()),
  regularizationLoss: series,
  signals: fc.oneof(alike, mixed),
});
const finding = fc.record({
  code: fc.constant('stillImproving'),
  severity: fc.constant('note'),
  layer: fc.option(fc.nat()),
  since: fc.nat(),
  cause: fc.option(fc.string()),
  evidence: fc.dictionary(fc.string(), orNull),
  text: fc.string({ unit: 'binary' }),
  advice: fc.string(),
  folds: fc.array(fc.nat()),
}) as fc.Arbitrary<FoldsFinding>;
const measurements = fc.record({
  folds: fc.array(fold, { maxLength: 4 }),
  findings: fc.array(finding, { maxLength: 3 }),
});

const six = (values: FoldCurves['peakLoss']) =>
  values.map((value) => (value === null ? null : Number(value.toPrecision(6))));

describe('packed trials', () => {
  it('are unpacked to what they were', async () => {
    await fc.assert(
      fc.asyncProperty(measurements, async ({ folds, findings }) => {
        const expected = folds.map((one) => ({
          ...one,
          peakLoss: six(one.peakLoss),
          gradientNorm: six(one.gradientNorm),
        }));
        // As JSON has it, which is what stores and clients see.
        const unpacked = unpack(await pack({ folds, findings }));
        expect(unpacked).toEqual(JSON.parse(JSON.stringify({ folds: expected, findings })));
      }),
    );
  });

  it('are unpacked to what they were where they are compressed in another thread', async () => {
    const values = Array.from({ length: 10_000 }, (_, i) => Math.sin(i));
    const [long] = fc.sample(fold, { numRuns: 1, seed: 1 });
    const folds = [{ ...long!, trainLoss: values, validationLoss: values }];
    const [unpacked] = unpack(await pack({ folds, findings: [] })).folds;
    expect(unpacked!.trainLoss).toEqual(values);
  });

  it('of a later format are refused', async () => {
    const packed = await pack({ folds: [], findings: [] });
    packed[0] = 2;
    expect(() => unpack(packed)).toThrow('stored in format 2; this version reads format 1');
  });

  it('yield to curves that an earlier version has stored since', async () => {
    const [before, since] = fc.sample(fold, { numRuns: 2, seed: 2 }) as [FoldCurves, FoldCurves];
    const packed = await pack({ folds: [before], findings: [] } satisfies Measurements);
    const row = { findings: [{ code: 'plateau' }], packed };
    expect(measurementsOf({ ...row, curves: [since] }).folds[0]).toMatchObject({ fold: since.fold });
    expect(measurementsOf({ ...row, curves: [since] }).findings).toEqual([{ code: 'plateau' }]);
    expect(measurementsOf({ ...row, curves: null }).folds[0]).toMatchObject({ fold: before.fold });
    expect(measurementsOf({ curves: null, findings: [], packed: null })).toEqual({ folds: [], findings: [] });
  });
});
