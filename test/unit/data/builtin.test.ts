import { describe, expect, it } from 'vitest';
import { builtinDatasets, loadBuiltin } from '../../../src/data/builtin.ts';

const load = (name: string) => loadBuiltin(name, 'datasets')!;

describe('built-in data sets', () => {
  it.each([
    ['digits', 1797, 64, 10],
    ['iris', 150, 4, 3],
    ['wine', 178, 13, 3],
    ['diabetes', 442, 10, 0],
    ['moons', 600, 2, 2],
    ['rings', 600, 2, 2],
    ['spiral', 1500, 2, 3],
  ])('%s has %i rows, %i features and %i classes', (name, rows, features, classes) => {
    const dataset = load(name);
    expect(dataset).toMatchObject({ name, rows, features, task: classes === 0 ? 'regression' : 'classification' });
    expect(dataset.classes).toHaveLength(classes);
    expect(dataset.x).toHaveLength(rows * features);
    expect(dataset.y).toHaveLength(rows);
    expect(dataset.x.every(Number.isFinite)).toBe(true);
    expect(dataset.attribution?.length).toBeGreaterThan(0);
  });

  it('lists them all, and knows no other', () => {
    expect(builtinDatasets.map(({ name }) => name)).toEqual([
      'digits',
      'iris',
      'wine',
      'diabetes',
      'moons',
      'rings',
      'spiral',
    ]);
    expect(loadBuiltin('../package', 'datasets')).toBeUndefined();
  });

  it('reads digits in numeric order and irises by name', () => {
    expect(load('digits').classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(load('iris').classes).toEqual(['setosa', 'versicolor', 'virginica']);
    expect([...load('diabetes').y.subarray(0, 3)]).toEqual([151, 75, 141]);
  });

  // A change of these hashes changes every result that was ever stored for these sets.
  it.each([
    ['moons', 'b16d5faa3c3e30af0ed286bfb2713f7e28d4a1ff0651f0480b181b452504ed54'],
    ['rings', '580ea9178499e625d215be25494da36003082a453a8114e1d13a61e86f8b1d52'],
    ['spiral', 'a2f684d5df1aeaef6da452aac6397ed787c487b334115fc29dc2beffbdcaabb0'],
  ])('generates %s with the same bits as ever', (name, hash) => expect(load(name).hash).toBe(hash));

  it('makes classes that can be told apart: rings by their radius', () => {
    const { x, y, rows } = load('rings');
    let right = 0;
    for (let i = 0; i < rows; i++) if (Number(Math.hypot(x[2 * i]!, x[2 * i + 1]!) > 0.75) === y[i]) right++;
    expect(right / rows).toBeGreaterThan(0.95);
  });
});
