/** What the benchmarks share: their data, their lists and their sums. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeGeneratedData } from '../../bench/parts/generated-data.ts';
import { median, spread, tableOf } from '../../bench/parts/report.ts';
import { madeTrials, readTrials } from '../../bench/parts/trials.ts';
import { chosen, flopsOf, readRows, readWorkloads } from '../../bench/parts/workloads.ts';
import { projectRoot } from '../../src/paths.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts';

const bench = join(projectRoot, 'bench');
let temporary: TemporaryFolder;
beforeAll(async () => {
  temporary = await temporaryFolder();
});
afterAll(() => temporary?.remove());

describe('the list of trials', () => {
  it('is what its rule makes', () => {
    const file = readTrials(join(bench, 'trials.json'));
    expect(file).toEqual(madeTrials());
    expect(file).toHaveLength(40);
  });

  it('is refused where it is none', async () => {
    const file = join(temporary.path, 'trials.json');
    await writeFile(file, '[{"hidden": [32], "lr": -1, "batch": 32, "epochs": 1, "seed": 0}]');
    expect(() => readTrials(file)).toThrow(/lr/);
  });
});

describe('the workloads', () => {
  it('have the arithmetic of their networks', () => {
    const { w1 } = readWorkloads(bench);
    const products = [2 * 64, 64 * 64, 64 * 3];
    const all = products.reduce((a, b) => a + b, 0);
    expect(flopsOf(w1!)).toBe(2 * 1500 * (all + all + all - products[0]!));
  });

  it('are found in the folder or above it, with their rows', async () => {
    await writeGeneratedData(temporary.path, ['w1', 'w2']);
    const folder = join(temporary.path, 'data');
    await mkdir(folder);
    const workloads = readWorkloads(folder);
    const { x, y } = readRows(temporary.path, 'w2', workloads['w2']!);
    expect([x.length, y.length]).toEqual([1797 * 64, 1797]);
    expect([Math.max(...x), Math.max(...y)]).toEqual([1, 9]);
    expect(() => readRows(temporary.path, 'w1', workloads['w2']!)).toThrow('1797×64 float32 numbers are 460032');
    expect(chosen(workloads, ['w3', 'w1']).map(([name]) => name)).toEqual(['w1', 'w3']);
    expect(() => chosen(workloads, ['w1', 'w7'])).toThrow('there is no workload w7; there are w1, w2, w3, w4');
  });

  it('say where they were looked for', async () => {
    const lonely = join(temporary.path, 'a', 'b');
    await mkdir(lonely, { recursive: true });
    expect(() => readWorkloads(lonely)).toThrow(/there is no workloads.json: looked for .* and /);
  });
});

describe('the reports', () => {
  it('give the middle and the ends', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    expect(spread([1.5, 1, 2])).toBe('1.50 (1.00–2.00)');
    expect(spread([])).toBe('–');
  });
  it('line up', () => {
    const table = tableOf(
      ['name', 'ms'],
      [
        ['a', 1],
        ['long name', 100],
      ],
    );
    expect(table.split('\n')).toEqual(['name       ms', 'a            1', 'long name  100']);
  });
});
