/** Plants faults, and sees to it that they are there. */
import type { TrialResult } from '../../src/compute/trial.ts';
import { planted, recipes } from './faults.ts';
import type { Planted } from './planted.ts';
import { runPlanted } from './planted-runs.ts';

const MAX_DRAWS = 50;

/** A run of a kind that has its fault, where there is a witness to say so, and how often it was drawn. */
export async function plant(
  kind: string,
  number: number,
  salt: number,
): Promise<{ one: Planted; result: TrialResult; draws: number }> {
  const witness = recipes[kind]?.witness;
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const one = planted(kind, number, salt, draw);
    const result = await runPlanted(one);
    if (witness === undefined || (await witness(one, result))) return { one, result, draws: draw + 1 };
  }
  throw new Error(`${kind} ${number}: none of ${MAX_DRAWS} draws has the fault`);
}
