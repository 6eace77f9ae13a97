/** Trials without training: each takes a given time, and ends with the curves of one that was trained. */
import { setTimeout } from 'node:timers/promises';
import { createInlineCore } from '../../src/compute/inline-core.ts';
import type { ComputeCore, RunOptions, TimedUpdate, TrialResult, TrialTask } from '../../src/compute/trial.ts';
import { resultOf } from '../../src/compute/trial.ts';

interface Template {
  readonly result: TrialResult;
  readonly updates: readonly TimedUpdate[];
}

/** `seconds` for a trial, give or take a fifth, evenly spread over its epochs. The first task decides what all trials return. */
export function simulatedCore(seconds: number): () => ComputeCore {
  let template: Promise<Template> | undefined;
  const trained = async (task: TrialTask): Promise<Template> => {
    const updates: TimedUpdate[] = [];
    const core = createInlineCore('auto');
    // Few units: their curves are as long, and the event loop is not held up.
    const settings = { ...task.settings, hiddenUnits: task.settings.hiddenUnits.map(() => 8) };
    const result = resultOf(await core.run({ ...task, settings }, { onEpochs: (more) => updates.push(...more) }));
    await core.close();
    return { result, updates };
  };
  const run = async (task: TrialTask, { onEpochs, signal, revoke }: RunOptions = {}): Promise<TrialResult> => {
    template ??= trained(task);
    const { result, updates } = await template;
    revoke?.throwIfAborted();
    const pause = (seconds * 1000 * (0.8 + 0.4 * Math.random())) / updates.length;
    for (const update of updates) {
      signal?.throwIfAborted();
      await setTimeout(pause);
      onEpochs?.([{ ...update, at: performance.timeOrigin + performance.now() }]);
    }
    signal?.throwIfAborted();
    return { ...result, value: Math.random(), durationMs: pause * updates.length };
  };
  return () => ({
    run,
    // One after the other, as a worker with one thread.
    series: () => {
      let before: Promise<unknown> = Promise.resolve();
      return {
        run: (task, options) => {
          const turn = before.then(() => run(task, options));
          before = turn.catch(() => undefined);
          return turn;
        },
      };
    },
    close: () => Promise.resolve(),
  });
}
