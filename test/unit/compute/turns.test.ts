import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTurns } from '../../../src/compute/turns.ts';

describe('work in turns', () => {
  it('begins in the order in which it came, and no more of it runs at a time', async () => {
    const turns = createTurns(2);
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const results = await Promise.all(
      Array.from({ length: 9 }, (_, i) =>
        turns(async () => {
          begun.push(i);
          most = Math.max(most, ++running);
          for (let wait = 0; wait < (i % 3) + 1; wait++) await setImmediate();
          running--;
          return 10 * i;
        }),
      ),
    );
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(most).toBe(2);
    expect(results).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80]);
  });

  it('goes on after work that failed, with its error', async () => {
    const turns = createTurns(1);
    const fails = turns(() => Promise.reject(new Error('no')));
    const follows = turns(() => Promise.resolve('yes'));
    await expect(fails).rejects.toThrow('no');
    expect(await follows).toBe('yes');
    expect(await turns(() => Promise.resolve('later'))).toBe('later');
  });
});
