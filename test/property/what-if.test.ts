/** Whatever the curves: what holds of every pruner that is replayed on them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Direction } from '../../src/algorithms/objective.ts';
import { isBetter } from '../../src/algorithms/objective.ts';
import { recordedTrial } from '../../src/domain/what-if/recorded-trial.ts';
import { replayPatience } from '../../src/domain/what-if/replay.ts';
import { expectedBest, replayRules } from '../../src/domain/what-if/what-if.ts';

const value = fc.double({ min: 0, max: 1, noNaN: true });
const direction = fc.constantFrom<Direction>('maximize', 'minimize');

/** Searches of up to 40 trials with one or two folds; some trials diverged, in their last epoch. */
const searches = fc.integer({ min: 1, max: 30 }).chain((budget) =>
  fc.integer({ min: 1, max: 2 }).chain((splits) =>
    fc
      .array(
        fc
          .record({
            folds: fc.array(fc.array(value, { minLength: budget, maxLength: budget }), {
              minLength: splits,
              maxLength: splits,
            }),
            ends: fc.option(fc.integer({ min: 1, max: budget }), { freq: 5 }),
          })
          .map(({ folds, ends }) => {
            if (ends === null) return { folds, final: folds.reduce((sum, fold) => sum + fold.at(-1)! / splits, 0) };
            return { folds: [folds[0]!.slice(0, ends)], final: null };
          }),
        { maxLength: 40 },
      )
      .map((trials) =>
        trials.map(({ folds, final }, number) => ({
          number: 2 * number,
          folds,
          budget,
          patience: 0,
          epochs: Math.max(...folds.map((fold) => fold.length)),
          value: final,
        })),
      ),
  ),
);

describe('every rule', () => {
  it('trains no more than was trained, chooses a trial that it kept, and loses nothing if it stops nothing', () => {
    fc.assert(
      fc.property(searches, direction, (trials, way) => {
        const objective = { metric: 'validationAccuracy', direction: way } as const;
        const { rules, epochs, best, ofBest } = replayRules(trials, objective);
        const valued = trials.filter((trial) => trial.value !== null);
        expect(ofBest).toBe(Math.min(10, valued.length));
        for (const { rule, options } of rules) {
          for (const option of options) {
            expect(option.epochs).toBeGreaterThan(0);
            expect(option.epochs).toBeLessThanOrEqual(epochs);
            expect(option.saved).toBeCloseTo(1 - option.epochs / epochs);
            expect(option.keptOfBest).toBeLessThanOrEqual(ofBest);
            if (rule === 'patience') continue;
            expect(option.lost ?? 0).toBeGreaterThanOrEqual(0);
            if (option.stopped === 0) expect(option).toMatchObject({ saved: 0, lost: 0, keptOfBest: ofBest });
            if (option.best?.rank === 1) expect(option.best.value).toBe(best!.value);
            const chosen = trials.find(({ number }) => number === option.best?.number);
            expect(chosen?.value ?? null).toBe(option.best?.value ?? null);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('with more patience trains no less, and finds nothing worse', () => {
    fc.assert(
      fc.property(searches, direction, fc.integer({ min: 1, max: 10 }), (trials, way, patience) => {
        const recorded = trials.map((trial) => recordedTrial(trial, way));
        const [less, more] = [replayPatience(recorded, patience, way), replayPatience(recorded, patience + 1, way)];
        less.forEach((outcome, i) => {
          expect(more[i]!.epochs).toBeGreaterThanOrEqual(outcome.epochs);
          if (outcome.value !== null && more[i]!.value !== null)
            expect(isBetter(outcome.value, more[i]!.value, way)).toBe(false);
        });
      }),
    );
  });
});

it('fewer trials are expected to find what the mean over all draws of them finds', () => {
  const draws = (values: readonly number[], drawn: number): number[][] =>
    drawn === 0
      ? [[]]
      : values.flatMap((first, i) => draws(values.slice(i + 1), drawn - 1).map((others) => [first, ...others]));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 7 }), fc.nat(), (values, n) => {
      const drawn = 1 + (n % values.length);
      const bests = draws(values, drawn).map((one) => Math.max(...one));
      const mean = bests.reduce((sum, one) => sum + one / bests.length, 0);
      expect(
        expectedBest(
          values.toSorted((a, b) => b - a),
          values.length,
          drawn,
        ),
      ).toBeCloseTo(mean, 10);
    }),
  );
});
