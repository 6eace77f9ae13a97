/** When a worker goes on to its next job. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createUnwrittenJobs, type RunJob } from '../../../src/application/unwritten-jobs.ts';
import { logTo, silentLog } from '../../support/log.ts';

/** A job whose training and writing end when the test says so, and whether the worker has gone on. */
function begin(run: RunJob) {
  let train: () => void = () => undefined;
  let write: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const state = { wentOn: false };
  const left = run((onTrained) => {
    train = onTrained;
    return new Promise<void>((resolve, reject) => {
      write = resolve;
      fail = reject;
    });
  }).then(() => {
    state.wentOn = true;
  });
  return { state, left, train: () => train(), write: () => write(), fail: (error: Error) => fail(error) };
}

describe('a worker', () => {
  it('goes on once a job is trained, before its results are written', async () => {
    const one = begin(createUnwrittenJobs(1, silentLog));
    await setImmediate();
    expect(one.state.wentOn).toBe(false);
    one.train();
    await one.left;
    one.write();
  });

  it('waits while too many jobs are unwritten', async () => {
    const run = createUnwrittenJobs(1, silentLog);
    const [one, two] = [begin(run), begin(run)];
    one.train();
    await one.left;
    two.train();
    await setImmediate();
    expect(two.state.wentOn).toBe(false);
    one.write();
    await two.left;
    two.write();
  });

  it('goes on from a job without training', async () => {
    const one = begin(createUnwrittenJobs(1, silentLog));
    one.write();
    await one.left;
  });

  it('rejects with the error of a job that was not trained, and logs a later one', async () => {
    const lines: string[] = [];
    const run = createUnwrittenJobs(
      2,
      logTo((line) => lines.push(line)),
    );
    const [one, two] = [begin(run), begin(run)];
    one.fail(new Error('no training'));
    await expect(one.left).rejects.toThrow('no training');
    two.train();
    await two.left;
    two.fail(new Error('no writing'));
    await setImmediate();
    expect(lines).toEqual(['results of a job could not be written: no writing']);
  });
});
