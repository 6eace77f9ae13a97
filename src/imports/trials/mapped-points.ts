/** Trials of another tool in our names: those that mean one of our hyperparameters, and the others under their own. */
import type { Distribution, Point, Value } from '../../algorithms/space/space.ts';
import { hyperparameterNames, rowOf } from '../../domain/specification/hyperparameters.ts';
import type { Settings } from '../../domain/specification/settings.ts';
import { fitInto } from '../fit.ts';
import { NoCounterpart, type Setting } from '../imported-space.ts';
import { type Layers, layersIn, layersOf } from '../layers.ts';
import { matchNames, type NameMapping, valueFor } from '../names.ts';
import { words } from '../supports.ts';
import { inferred } from './infer.ts';
import { listed, MAX_HYPERPARAMETERS, MAX_TEXT, type Note, refusedFile, type SourceTrials } from './source-trials.ts';

export interface MappedName {
  readonly source: string;
  readonly hyperparameter: string;
  readonly setting: Setting;
}

export interface MappedPoints {
  readonly hyperparameters: Settings;
  /** Of the trial with that number: only what varies. */
  pointOf(number: number): Point;
  /** Names that mean one of ours. */
  readonly mapped: readonly MappedName[];
  /** Names that are kept as they are. */
  readonly kept: readonly MappedName[];
  readonly notes: readonly Note[];
}

export function mappedPoints(source: SourceTrials, mapping: NameMapping): MappedPoints {
  const observed = valuesByName(source);
  const names = [...observed.keys()];
  const strange = Object.keys(mapping).find((name) => !observed.has(name));
  if (strange !== undefined)
    throw refusedFile(`names.${strange}`, `the file has no hyperparameter of this name; it has ${listed(names)}`);
  const work = new Mapping(source);
  for (const [name, target] of matchNames(names, mapping)) work.take(name, target, observed.get(name)!);
  return work.done();
}

function valuesByName({ trials }: SourceTrials): Map<string, Value[]> {
  const values = new Map<string, Value[]>();
  for (const { point, place } of trials) {
    for (const [name, value] of point) {
      const known = values.get(name);
      if (known === undefined) values.set(checked(name, place, values.size), [value]);
      else known.push(value);
    }
  }
  return values;
}

function checked(name: string, place: string, known: number): string {
  if (known >= MAX_HYPERPARAMETERS)
    throw refusedFile(place, `exceeds the limit of ${MAX_HYPERPARAMETERS} hyperparameters`);
  if (name === '__proto__') throw refusedFile(place, 'a hyperparameter cannot be called __proto__');
  if (name === '' || name.length > MAX_TEXT)
    throw refusedFile(place, `the name of a hyperparameter must have 1 to ${MAX_TEXT} characters, got ${name.length}`);
  return name;
}

/** What a value of the file is here: of ours, those that vary. */
type Taken = (value: Value) => readonly (readonly [name: string, value: Value])[];

class Mapping {
  readonly #source: SourceTrials;
  /** Trials that were run to some end: others may lack what every trial has. */
  readonly #ended: number;
  /** By source name; those that vary. */
  readonly #varied = new Map<string, Taken>();
  readonly #settings = new Map<string, Setting>();
  readonly #mapped: MappedName[] = [];
  readonly #kept: MappedName[] = [];
  readonly #notes: Note[];

  constructor(source: SourceTrials) {
    this.#source = source;
    this.#notes = [...source.notes];
    this.#ended = source.trials.filter(({ state }) => state === 'complete' || state === 'pruned').length;
    for (const [name, setting] of Object.entries(source.own?.hyperparameters ?? {})) this.#settings.set(name, setting);
  }

  take(source: string, target: string | null | undefined, values: readonly Value[]): void {
    if (target === null) {
      this.#note(source, 'is left out, as was asked');
      return;
    }
    try {
      const layers = target === 'hiddenUnits' ? layersOf(values) : undefined;
      if (layers !== undefined && this.#mapLayers(source, layers, values)) return;
      if (layers === undefined && target !== undefined && this.#map(source, target, values)) return;
      this.#keep(source, values);
    } catch (error) {
      if (!(error instanceof NoCounterpart)) throw error;
      this.#note(source, `is left out: ${error.message}`);
    }
  }

  done(): MappedPoints {
    const { trials } = this.#source;
    return {
      hyperparameters: Object.fromEntries(this.#settings),
      pointOf: (number) =>
        Object.fromEntries(
          [...trials[number]!.point].flatMap(([source, value]) => this.#varied.get(source)?.(value) ?? []),
        ),
      mapped: this.#mapped,
      kept: this.#kept,
      notes: this.#notes,
    };
  }

  /** Whether all of its values are values of ours. */
  #map(source: string, target: string, values: readonly Value[]): boolean {
    const row = rowOf(target);
    const other = this.#mapped.find(({ hyperparameter }) => hyperparameter === target);
    if (row === undefined || other !== undefined) {
      this.#note(source, `is kept under its own name: ${other?.source ?? 'no row'} is ${target} already`);
      return false;
    }
    const others = values.filter((value) => valueFor(row, value) === undefined);
    const strange = others.find((value) => layersIn(value) === undefined) ?? others[0];
    if (strange !== undefined) {
      this.#note(source, `is kept under its own name: ${JSON.stringify(strange)} is not a value of ${target} here`);
      return false;
    }
    const own = values.map((value) => valueFor(row, value)!);
    const searched = this.#source.own?.hyperparameters[target];
    const setting =
      typeof searched === 'object' && fits(searched, own)
        ? searched
        : this.#setting(source, own, (given) => fitInto(row, given).setting);
    this.#add(source, target, setting, (value) => valueFor(row, value)!);
    this.#mapped.push({ source, hyperparameter: target, setting });
    return true;
  }

  /** Of lists of units: whether nothing else says what they say. */
  #mapLayers(source: string, layers: Layers, values: readonly Value[]): boolean {
    const other = this.#mapped.find(({ hyperparameter }) => layers.names.includes(hyperparameter));
    if (other !== undefined) {
      this.#note(source, `is kept under its own name: ${other.source} is ${other.hyperparameter} already`);
      return false;
    }
    const points = values.map((value) => layers.pointOf(value));
    const settings = layers.names.map((name) => {
      const own = points.flatMap((point) => point[name] ?? []);
      return [name, layers.conditional(name, this.#observed(own, values.length))] as const;
    });
    for (const [hyperparameter, setting] of settings) {
      this.#settings.set(hyperparameter, setting);
      this.#mapped.push({ source, hyperparameter, setting });
    }
    const varied = new Set(settings.flatMap(([name, setting]) => (typeof setting === 'object' ? [name] : [])));
    this.#varied.set(source, (value) => Object.entries(layers.pointOf(value)).filter(([name]) => varied.has(name)));
    const found = settings.map(([name, setting]) => `${name} ${observedWords(setting)}`).join('; ');
    this.#note(source, `a list of units is a number of layers and their units here; from what was observed: ${found}`);
    return true;
  }

  #keep(source: string, values: readonly Value[]): void {
    // A name of ours means what it means here.
    const name = hyperparameterNames.includes(source) ? `${source} (in the file)` : source;
    if (this.#settings.has(name) && [...this.#kept, ...this.#mapped].some((one) => one.hyperparameter === name))
      throw new NoCounterpart(`another hyperparameter of the file is kept as ${name}`);
    const setting = this.#setting(source, values, (given) => given);
    this.#add(source, name, setting, (value) => value);
    this.#kept.push({ source, hyperparameter: name, setting });
  }

  #add(source: string, name: string, setting: Setting, own: (value: Value) => Value): void {
    this.#settings.set(name, setting);
    if (typeof setting === 'object') this.#varied.set(source, (value) => [[name, own(value)]]);
  }

  /** As the file has it, or else from what was observed. */
  #setting(source: string, values: readonly Value[], fitted: (given: Setting) => Setting): Setting {
    const reading = this.#source.distributions.get(source);
    for (const note of reading?.notes ?? []) this.#note(source, note);
    const given = reading && fittedOrNone(reading.setting, fitted);
    if (typeof given === 'object' && fits(given, values)) return given;
    const setting = this.#observed(values, values.length);
    this.#note(source, `from what was observed: ${observedWords(setting)}`);
    return setting;
  }

  /** `trials`: how many have it. */
  #observed(values: readonly Value[], trials: number): Setting {
    const found = inferred(values);
    const isEverywhere = trials >= this.#ended;
    return typeof found === 'object' || isEverywhere ? found : { distribution: 'categorical', choices: [found] };
  }

  #note(name: string, text: string): void {
    this.#notes.push({ name, text });
  }
}

function observedWords(setting: Setting): string {
  return typeof setting === 'object' ? words(setting) : `always ${setting}`;
}

function fittedOrNone(setting: Setting, fitted: (given: Setting) => Setting): Setting | undefined {
  try {
    return fitted(setting);
  } catch (error) {
    if (error instanceof NoCounterpart) return undefined;
    throw error;
  }
}

/** Steps do not count: tools round them in other ways. */
function fits(distribution: Distribution, values: readonly Value[]): boolean {
  if (distribution.distribution === 'categorical') return values.every((value) => distribution.choices.includes(value));
  const { low, high } = distribution;
  return values.every((value) => typeof value === 'number' && value >= low && value <= high);
}
