/** A study of Optuna with its trials, however it was stored: their values, states and distributions in the terms of an import. */
import type { Direction } from '../../algorithms/objective.ts';
import type { Value } from '../../algorithms/space/space.ts';
import type { TrialFormat } from '../../domain/specification/observed.ts';
import { field, maybeNumber, shown, textOf } from '../fields.ts';
import { NoCounterpart, type Reading } from '../imported-space.ts';
import { parameterIn } from '../optuna.ts';
import { parseJson } from '../source-text.ts';
import { chosenObjective, chosenStudy } from './choices.ts';
import { isOwnStudy, ownStudy, ownTrial } from './own-journal.ts';
import { type Asked, refusedFile, type SourceTrial, type SourceTrials } from './source-trials.ts';

export const trialStates = ['running', 'complete', 'pruned', 'failed', 'waiting'] as const;

export interface OptunaStudy {
  readonly name: string;
  readonly directions: readonly (Direction | undefined)[];
  metrics: readonly string[];
  readonly attributes: Map<string, unknown>;
  readonly trials: OptunaTrial[];
}

export interface OptunaTrial {
  /** Where it is in the file. */
  readonly place: string;
  state: (typeof trialStates)[number];
  /** null: not finite. */
  values: readonly (number | null)[] | undefined;
  /** Milliseconds since 1970. */
  startedAt: number | undefined;
  finishedAt: number | undefined;
  /** Name → internal value and distribution. */
  readonly parameters: Map<string, readonly [value: unknown, distribution: string]>;
  readonly steps: Map<number, number | null>;
  readonly attributes: Map<string, unknown>;
  /** Those that Optuna sets itself. */
  readonly systemAttributes: Map<string, unknown>;
}

/** The trials of the only study, or of the one that was asked for. */
export function trialsOfStudy(studies: readonly OptunaStudy[], format: TrialFormat, asked: Asked): SourceTrials {
  const study = chosenStudy(
    studies.filter(({ trials }) => trials.length > 0),
    asked.study,
  );
  const objectives = study.directions.map((direction, i) => ({
    name: study.metrics[i] ?? (study.directions.length === 1 ? 'value' : `values_${i}`),
    direction,
  }));
  const { place, metric, direction } = chosenObjective(objectives, asked);
  const distributions = new Distributions();
  const isOwn = isOwnStudy(study.attributes);
  const trials = study.trials.map((trial) => {
    const read = trialOf(trial, place, distributions.pointOf(trial));
    return isOwn ? ownTrial(read, trial.attributes) : read;
  });
  return {
    format,
    name: study.name,
    objective: { metric, direction },
    trials,
    distributions: distributions.read(),
    ...(isOwn && ownStudy(study.attributes)),
    notes: [...distributions.notes(), ...constraintNotes(study.trials)],
  };
}

/** Optuna 5 writes `constraints:NAME`, earlier versions a list `constraints`; a trial is feasible where all are at most 0. */
function constraintNotes(trials: readonly OptunaTrial[]): SourceTrials['notes'] {
  const isViolated = ({ systemAttributes }: OptunaTrial) =>
    [...systemAttributes].some(
      ([name, value]) => /^constraints(?::|$)/.test(name) && [value].flat().some((one) => (maybeNumber(one) ?? 0) > 0),
    );
  return violationNotes(trials.filter(isViolated).length, trials.length);
}

export function violationNotes(count: number, trials: number): SourceTrials['notes'] {
  if (count === 0) return [];
  const text = `${count} of ${trials} trials violate a constraint of the study; a search here has none, so its best trial may be one of them`;
  return [{ name: 'constraints', text }];
}

function trialOf(trial: OptunaTrial, objective: number, point: ReadonlyMap<string, Value>): SourceTrial {
  const { place, state, values, steps, startedAt, finishedAt } = trial;
  const found = { place, point, steps, startedAt, finishedAt };
  if (state === 'running' || state === 'waiting')
    return { ...found, state: 'cancelled', value: null, reason: `it was ${state} when the file was written` };
  if (state === 'failed') return { ...found, state, value: null, reason: 'it failed in Optuna' };
  if (state === 'pruned') {
    const latest = [...steps.keys()].reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    return { ...found, state, value: steps.get(latest) ?? null };
  }
  const value = values?.[objective];
  if (value === undefined) throw refusedFile(place, 'the trial is complete, but the file has no value of it');
  return { ...found, state, value };
}

/** Values of parameters by the distributions that the file has, each parsed once. */
class Distributions {
  readonly #parsed = new Map<string, { readonly isInt: boolean; readonly choices: readonly unknown[] | undefined }>();
  readonly #written = new Map<string, Map<string, number>>();
  readonly #lost = new Map<string, string>();

  pointOf({ parameters, place }: OptunaTrial): ReadonlyMap<string, Value> {
    const point = new Map<string, Value>();
    for (const [name, [internal, distribution]] of parameters) {
      const known = this.#written.get(name) ?? new Map<string, number>();
      known.set(distribution, (known.get(distribution) ?? 0) + 1);
      this.#written.set(name, known);
      point.set(name, this.#valueOf(name, internal, distribution, place));
    }
    return point;
  }

  #valueOf(name: string, internal: unknown, distribution: string, place: string): Value {
    const { isInt, choices } = this.#parse(distribution, place);
    const number = maybeNumber(internal);
    if (number === undefined) throw refusedFile(place, `${name} must be a number, got ${shown(internal)}`);
    if (choices === undefined) return isInt ? Math.round(number) : number;
    if (!Object.hasOwn(choices, number))
      throw refusedFile(place, `${name} must be one of ${choices.length} choices, got number ${number}`);
    const choice = choices[number];
    if (typeof choice === 'string' || typeof choice === 'boolean' || typeof choice === 'number') return choice;
    return choice === null ? 'None' : JSON.stringify(choice);
  }

  #parse(distribution: string, place: string) {
    const known = this.#parsed.get(distribution);
    if (known !== undefined) return known;
    const data = parseJson(distribution, `${place}, distribution`);
    const choices = field(field(data, 'attributes'), 'choices');
    const parsed = {
      isInt: /^Int/.test(textOf(field(data, 'name')) ?? ''),
      choices: Array.isArray(choices) ? choices : undefined,
    };
    this.#parsed.set(distribution, parsed);
    return parsed;
  }

  /** Those that have no counterpart are left to what was observed. */
  read(): ReadonlyMap<string, Reading> {
    const read = new Map<string, Reading>();
    for (const [name, written] of this.#written) {
      try {
        // That some trials lack it is known here: each has its own.
        read.set(name, parameterIn([...written], 0));
      } catch (error) {
        if (!(error instanceof NoCounterpart)) throw error;
        this.#lost.set(name, error.message);
      }
    }
    return read;
  }

  notes() {
    return [...this.#lost].map(([name, why]) => ({
      name,
      text: `its distribution in the file is not imported: ${why}`,
    }));
  }
}
