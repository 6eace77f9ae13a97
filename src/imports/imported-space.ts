/** A search space as a file of another tool has it, in that tool's names. Pure. */
import { type Direction, directions } from '../algorithms/objective.ts';
import type { Distribution, Value } from '../algorithms/space/space.ts';
import { Problem } from '../errors.ts';

export const formats = [
  'wandb-sweep',
  'optuna-journal',
  'nni-search-space',
  'katib-experiment',
  'configspace',
  'vizier-study',
  'keras-tuner',
  'hypersearch-space',
] as const;
export type Format = (typeof formats)[number];

export type Setting = Value | Distribution;

/** Another reading of a hyperparameter, for which there is a reason too. */
export interface Alternative {
  readonly about: string;
  readonly setting: Setting;
}

export interface Reading {
  readonly setting: Setting;
  readonly alternatives?: readonly Alternative[];
  /** Where the meaning in the tool differs from what its words suggest, or from ours. */
  readonly notes?: readonly string[];
  /** Source name of another hyperparameter → values for which this one is active. */
  readonly when?: readonly (readonly [name: string, values: readonly Value[]])[];
}

export interface SourceParameter extends Reading {
  readonly name: string;
}

export interface LeftOut {
  readonly name: string;
  readonly kind: 'hyperparameter' | 'setting';
  readonly why: string;
}

/** A part of our specification that the file sets, such as `sampler`. */
export interface StrategyPart {
  readonly source: string;
  readonly part: 'sampler' | 'pruner' | 'budget';
  readonly value: Readonly<Record<string, string | number | boolean>>;
}

export interface SourceSpace {
  readonly format: Format;
  readonly parameters: readonly SourceParameter[];
  readonly strategy: readonly StrategyPart[];
  readonly objective: { readonly metric: string | undefined; readonly direction: Direction | undefined } | undefined;
  readonly leftOut: readonly LeftOut[];
  readonly notes: readonly { readonly name: string; readonly text: string }[];
}

/** Thrown while one hyperparameter is read that has no counterpart; the message says why. */
export class NoCounterpart extends Error {}

/** Conditions and choices make files longer than this only by mistake or malice. */
const MAX_PARAMETERS = 500;
export const MAX_NAME = 200;

/** Collects what a reader finds. */
export class SpaceBuilder {
  readonly #format: Format;
  readonly #parameters: SourceParameter[] = [];
  readonly #strategy: StrategyPart[] = [];
  readonly #leftOut: LeftOut[] = [];
  readonly #notes: { name: string; text: string }[] = [];
  #objective: SourceSpace['objective'];

  constructor(format: Format) {
    this.#format = format;
  }

  /** `read` may throw NoCounterpart: then the hyperparameter is left out, with the reason. */
  parameter(name: string, read: () => Reading): void {
    if (this.#parameters.length + this.#leftOut.length >= MAX_PARAMETERS)
      throw unreadable(name.slice(0, MAX_NAME), `exceeds the limit of ${MAX_PARAMETERS} hyperparameters`);
    if (name === '' || name.length > MAX_NAME)
      throw unreadable(
        name.slice(0, MAX_NAME),
        `the name of a hyperparameter must have 1 to ${MAX_NAME} characters, got ${name.length}`,
      );
    if (this.#parameters.some((known) => known.name === name)) {
      this.note(name, 'the file has it more than once: the first one is taken, the others are left out');
      return;
    }
    try {
      this.#parameters.push({ name, ...read() });
    } catch (error) {
      if (!(error instanceof NoCounterpart)) throw error;
      this.#leftOut.push({ name, kind: 'hyperparameter', why: error.message });
    }
  }

  strategy(source: string, part: StrategyPart['part'], value: StrategyPart['value']): void {
    this.#strategy.push({ source, part, value });
  }

  /** A direction that is none of ours is left to the metric. */
  objective(metric: string | undefined, direction: unknown): void {
    this.#objective = { metric, direction: directions.find((one) => one === direction) };
  }

  leaveOut(name: string, why: string): void {
    this.#leftOut.push({ name, kind: 'setting', why });
  }

  /** Leaves out the fields of `fields` that are not in `read`. `prefix` stands before their names. */
  leaveOutOthers(fields: unknown, read: readonly string[], why: string, prefix = ''): void {
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return;
    for (const key of Object.keys(fields))
      if (!read.includes(key)) this.leaveOut(`${prefix}${key}`.slice(0, MAX_NAME), why);
  }

  note(name: string, text: string): void {
    this.#notes.push({ name, text });
  }

  done(): SourceSpace {
    return {
      format: this.#format,
      parameters: this.#parameters,
      strategy: this.#strategy,
      objective: this.#objective,
      leftOut: this.#leftOut,
      notes: this.#notes,
    };
  }
}

/** What a note says where a file has them. */
export const noDefaults = 'defaults are not imported: enqueue tries a point that it is given first';

/** The error for a file that cannot be read at all. `place`: `line 3, column 7`, or a path in it. */
export function unreadable(place: string, message: string): Problem {
  return new Problem('invalidRequest', `text: ${place === '' ? '' : `${place}: `}${message}`, [
    { path: place === '' ? 'text' : `text (${place})`, message },
  ]);
}
