import { describe, expect, it } from 'vitest';
import { MAX_PREDICTED, predictionsOf } from '../../../src/nn/training/predictions.ts';

describe('what a network says of rows', () => {
  it('counts which classes it takes for which; the rows of a class are those of its line', () => {
    const outputs = Float32Array.of(2, 1, 0, /**/ 0, 3, 1, /**/ 0, 1, 5, /**/ 9, 0, 0);
    expect(predictionsOf({ outputs, y: Int32Array.of(0, 1, 1, 0) })).toEqual({
      confusion: [
        [2, 0, 0],
        [0, 1, 1],
        [0, 0, 0],
      ],
    });
  });
  it('reads one output as two classes, by its sign', () => {
    const outputs = Float32Array.of(1, -1, 2);
    expect(predictionsOf({ outputs, y: Int32Array.of(1, 1, 0) })).toEqual({
      confusion: [
        [0, 1],
        [1, 1],
      ],
    });
  });
  it('takes a row whose outputs are no numbers for no class', () => {
    const outputs = Float32Array.of(Number.NaN, Number.NaN, 1, 0);
    expect(predictionsOf({ outputs, y: Int32Array.of(0, 0) })).toEqual({
      confusion: [
        [1, 0],
        [0, 0],
      ],
    });
  });
  it('tells nothing of more classes than anybody reads', () => {
    expect(predictionsOf({ outputs: new Float32Array(31), y: Int32Array.of(0) })).toBeUndefined();
  });
  it('shows numbers beside the true ones, of rows evenly chosen', () => {
    const y = Float32Array.from({ length: 1000 }, (_, i) => i);
    const outputs = Float32Array.from(y, (value) => value + 0.5);
    const stored = predictionsOf({ outputs, y });
    if (stored === undefined || 'confusion' in stored) throw new Error('must be numbers');
    expect(stored.target.length).toBeLessThanOrEqual(MAX_PREDICTED);
    expect(stored.target[0]).toBe(0);
    expect(stored.target.at(-1)).toBe(995);
    expect(stored.predicted).toEqual(stored.target.map((value) => value + 0.5));
  });
});
