/** Which study of a file, and which of its objectives: decided where there is one, otherwise asked for. */
import type { Direction } from '../../algorithms/objective.ts';
import { type Asked, listed, refusedFile } from './source-trials.ts';

export function chosenStudy<Study extends { readonly name: string }>(
  studies: readonly Study[],
  asked: string | undefined,
): Study {
  const names = studies.map(({ name }) => name);
  if (studies.length === 0) throw refusedFile('', 'the file has no study with trials');
  const found = asked === undefined ? studies : studies.filter(({ name }) => name === asked);
  if (found.length === 1) return found[0]!;
  throw refusedFile('study', `must be one of ${listed(names)}, which the file has${gotText(asked)}`);
}

interface Objective {
  readonly name: string;
  readonly direction: Direction | undefined;
}

export interface ChosenObjective {
  /** Among those of the file. */
  readonly place: number;
  readonly metric: string;
  readonly direction: Direction;
}

export function chosenObjective(objectives: readonly Objective[], { metric, direction }: Asked): ChosenObjective {
  const place = metric === undefined ? 0 : objectives.findIndex(({ name }) => name === metric);
  const found = metric === undefined && objectives.length !== 1 ? undefined : objectives[place];
  if (found === undefined) {
    const names = objectives.map(({ name }) => name);
    throw refusedFile('metric', `must be one of ${listed(names)}, the objectives in the file${gotText(metric)}`);
  }
  const decided = found.direction ?? direction;
  if (decided === undefined) throw unknownDirection(found.name);
  if (direction !== undefined && direction !== decided)
    throw refusedFile('direction', `the file says to ${decided} ${found.name}, got ${direction}`);
  return { place, metric: found.name, direction: decided };
}

export function unknownDirection(metric: string) {
  return refusedFile(
    'direction',
    `the file does not say whether ${metric} is to be minimized or maximized: must be minimize or maximize`,
  );
}

export function gotText(asked: string | undefined): string {
  return asked === undefined ? '' : `, got ${JSON.stringify(asked)}`;
}
