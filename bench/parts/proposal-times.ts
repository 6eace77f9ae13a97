/** What a proposal of tpe costs after many trials, beside Rustuna and Optuna where a Python has them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createSampler } from '../../src/algorithms/samplers/create-sampler.ts';
import type { Observation } from '../../src/algorithms/samplers/sampler.ts';
import { type Distribution, type Point, spaceOf } from '../../src/algorithms/space/space.ts';
import { runScript } from './python.ts';
import { median } from './report.ts';
import { temporarily } from './temporary.ts';

const hyperparameters: Readonly<Record<string, Distribution>> = {
  learningRate: { distribution: 'float', low: 1e-5, high: 1, scale: 'log' },
  l2: { distribution: 'float', low: 1e-6, high: 0.1, scale: 'log' },
  hiddenUnits: { distribution: 'int', low: 8, high: 512, scale: 'log' },
  dropout: { distribution: 'float', low: 0, high: 0.5, scale: 'linear' },
  activation: { distribution: 'categorical', choices: ['relu', 'tanh', 'elu', 'gelu'] },
};

const peerSchema = z.object({ version: z.string(), milliseconds: z.array(z.array(z.number())) });

export interface ProposalTime {
  readonly side: string;
  /** Finished trials before the first proposal that is measured. */
  readonly trials: number;
  /** CPU milliseconds of a proposal, all threads: the median. */
  readonly ms: number;
}

function madeUpValue(point: Point): number {
  return -Math.hypot(Math.log10(Number(point['learningRate'])) + 2, Number(point['dropout']) - 0.1);
}

/** Points of the random sampler with made-up values. */
function finished(count: number): Observation[] {
  const { propose } = createSampler(spaceOf(hyperparameters), { type: 'random', seed: 9 });
  return Array.from({ length: count }, (_, number) => {
    const point = propose(number, []);
    return { number, point, value: madeUpValue(point), epochs: 1, complete: true };
  });
}

function ownTime(trials: number, proposals: number): ProposalTime {
  const settings = { type: 'tpe', seed: 1, startupTrials: 16, candidates: 24, concurrency: 1 } as const;
  const sampler = createSampler(spaceOf(hyperparameters), settings, [], 'maximize');
  const history = finished(trials);
  const times = Array.from({ length: proposals }, (_, i) => {
    const begun = process.cpuUsage();
    const point = sampler.propose(trials + i, history);
    const { user, system } = process.cpuUsage(begun);
    history.push({ number: trials + i, point, value: madeUpValue(point), epochs: 1, complete: true });
    return (user + system) / 1e3;
  });
  return { side: 'hypersearch', trials, ms: median(times) };
}

/** Each side begins with the same finished trials, and then learns from its own. `peers` are modules that the Python can import. */
export async function proposalTimes(
  sizes: readonly number[],
  proposals: number,
  python: string | undefined,
  peers: readonly string[],
): Promise<ProposalTime[]> {
  const own = sizes.map((trials) => ownTime(trials, proposals));
  if (python === undefined || peers.length === 0) return own;
  return temporarily(async (folder) => {
    const file = join(folder, 'trials.json');
    const trials = finished(Math.max(...sizes)).map(({ point, value }) => ({ point, value }));
    await writeFile(file, JSON.stringify({ hyperparameters, trials, sizes, proposals }));
    const times = [...own];
    for (const peer of peers) {
      const { version, milliseconds } = peerSchema.parse(await runScript(python, 'proposal_times.py', [peer, file]));
      milliseconds.forEach((all, i) => {
        times.push({ side: `${peer} ${version}`, trials: sizes[i]!, ms: median(all) });
      });
    }
    return times;
  });
}
