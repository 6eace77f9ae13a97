/** Injects faults and verifies that they are present. */
import type { TrialResult } from '../../src/compute/trial.ts';
import { injectedRun, recipes } from './injected-faults.ts';
import type { InjectedRun } from './injected-run.ts';
import { trainInjected } from './run-injected.ts';

const MAX_DRAWS = 50;

/** A run that has its fault according to its oracle, if there is one, and the number of draws. */
export async function inject(
  kind: string,
  number: number,
  salt: number,
): Promise<{ one: InjectedRun; result: TrialResult; draws: number }> {
  const oracle = recipes[kind]?.oracle;
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const one = injectedRun(kind, number, salt, draw);
    const result = await trainInjected(one);
    if (oracle === undefined || (await oracle(one, result))) return { one, result, draws: draw + 1 };
  }
  throw new Error(`${kind} ${number}: none of ${MAX_DRAWS} draws has the fault`);
}
