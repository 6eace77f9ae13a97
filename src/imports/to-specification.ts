/** A search space of another tool as a specification of ours. */
import type { Value } from '../algorithms/space/space.ts';
import { includes } from '../algorithms/space/space.ts';
import { didYouMean } from '../domain/did-you-mean.ts';
import { conditionIssues } from '../domain/specification/conditions.ts';
import { hiddenUnitsIssues, layerNames } from '../domain/specification/hidden-units.ts';
import {
  hyperparameterNames,
  hyperparametersSchema,
  readableOf,
  rowOf,
} from '../domain/specification/hyperparameters.ts';
import { metrics, type Task } from '../domain/specification/objectives.ts';
import { fitInto } from './fit.ts';
import {
  type Alternative,
  type Format,
  type LeftOut,
  NoCounterpart,
  type Setting,
  type SourceParameter,
  type SourceSpace,
} from './imported-space.ts';
import { searchedLayers } from './layers.ts';
import { ownMetric } from './metric-names.ts';
import { matchNames, type NameMapping, valueFor } from './names.ts';

export interface Mapped {
  /** Name in the file. */
  readonly source: string;
  readonly hyperparameter: string;
  readonly setting: Setting;
  readonly alternatives: readonly Alternative[];
}

export interface ImportedSpace {
  readonly format: Format;
  readonly specification: Readonly<Record<string, unknown>>;
  readonly mapped: readonly Mapped[];
  /** Parts of the specification other than hyperparameters, as they were in the file. */
  readonly settings: readonly { readonly source: string; readonly part: string }[];
  readonly unmapped: readonly LeftOut[];
  readonly notes: readonly { readonly name: string; readonly text: string }[];
}

interface Target {
  readonly names: NameMapping;
  readonly dataset?: { readonly name: string; readonly task: Task } | undefined;
}

export function toSpecification(space: SourceSpace, { names, dataset }: Target): ImportedSpace {
  const work = new Mapping(space, names);
  const parts = strategyOf(space, work);
  const objective = objectiveOf(space, dataset?.task, work);
  const hyperparameters = Object.fromEntries(work.mapped.map((one) => [one.hyperparameter, one.setting]));
  addLayers(hyperparameters, work);
  const specification = {
    ...(dataset && { dataset: dataset.name }),
    ...(Object.keys(hyperparameters).length > 0 && { hyperparameters }),
    ...parts,
    ...(objective && { objective }),
  };
  const used = new Set(space.strategy.filter(({ part }) => part in parts));
  return {
    format: space.format,
    specification,
    mapped: work.mapped,
    settings: [
      ...[...used].map(({ source, part }) => ({ source, part })),
      ...(objective
        ? [
            {
              source: `objective: ${space.objective?.metric ?? ''} ${space.objective?.direction ?? ''}`.trim(),
              part: 'objective',
            },
          ]
        : []),
    ],
    unmapped: work.unmapped,
    notes: work.notes,
  };
}

/** Maps hyperparameter by hyperparameter; what the specification would refuse is left out, with its words. */
class Mapping {
  /** Several of a name that is a list of units. */
  mapped: readonly Mapped[] = [];
  readonly unmapped: LeftOut[];
  readonly notes: { name: string; text: string }[];

  constructor(space: SourceSpace, names: NameMapping) {
    this.unmapped = [...space.leftOut];
    this.notes = [...space.notes];
    const targets = matchNames(
      space.parameters.map(({ name }) => name),
      names,
    );
    const sources = new Map(space.parameters.map((one) => [one.name, one]));
    for (const one of space.parameters) this.#try(one.name, () => this.#map(one, targets.get(one.name)));
    const found = new Set(this.mapped.map(({ source }) => source));
    for (const source of found) this.#try(source, () => this.#condition(sources.get(source)!));
    const isGrid = space.strategy.some(({ part, value }) => part === 'sampler' && value['type'] === 'grid');
    this.#check(isGrid);
  }

  leaveOut(name: string, why: string, kind: LeftOut['kind'] = 'hyperparameter'): void {
    this.mapped = this.mapped.filter(({ source }) => source !== name);
    this.unmapped.push({ name, kind, why });
  }

  note(name: string, text: string): void {
    this.notes.push({ name, text });
  }

  #try(name: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof NoCounterpart)) throw error;
      this.leaveOut(name, error.message);
    }
  }

  #map({ name, setting, alternatives = [], notes = [] }: SourceParameter, target: string | null | undefined): void {
    if (target === null) throw new NoCounterpart('the mapping leaves it out');
    const row = target === undefined ? undefined : rowOf(target);
    if (target === undefined || row === undefined)
      throw new NoCounterpart(`no hyperparameter here is known by this name${didYouMean(name, hyperparameterNames)}`);
    const layers = target === 'hiddenUnits' ? searchedLayers(setting) : undefined;
    const taken = this.mapped.find(({ hyperparameter: one }) => one === target || layers?.settings.has(one));
    if (taken !== undefined) throw new NoCounterpart(`${taken.hyperparameter} is already set by ${taken.source}`);
    if (layers !== undefined) {
      for (const text of [...notes, ...layers.notes]) this.note(name, text);
      const own = [...layers.settings].map(([hyperparameter, one]) => ({ hyperparameter, setting: one }));
      this.mapped = [...this.mapped, ...own.map((one) => ({ source: name, ...one, alternatives: [] }))];
      return;
    }
    const fitted = fitInto(row, setting);
    const others = alternatives.flatMap(({ about, setting: other }) => {
      try {
        const own = fitInto(row, other).setting;
        // Our limits may make two readings one.
        return JSON.stringify(own) === JSON.stringify(fitted.setting) ? [] : [{ about, setting: own }];
      } catch {
        // An alternative outside our limits is none.
        return [];
      }
    });
    for (const text of [...notes, ...fitted.notes]) this.note(name, text);
    const own = { source: name, hyperparameter: target, setting: fitted.setting, alternatives: others };
    this.mapped = [...this.mapped, own];
  }

  #condition({ name, when = [] }: SourceParameter): void {
    const conditions: [string, readonly Value[]][] = [];
    for (const [parentName, values] of when) {
      const [parent, ...more] = this.mapped.filter(({ source }) => source === parentName);
      if (parent === undefined || more.length > 0) {
        const why = parent === undefined ? 'is not mapped' : 'is several hyperparameters here';
        this.note(name, `it depends on ${parentName}, which ${why}: it is always active here`);
        continue;
      }
      const row = rowOf(parent.hyperparameter)!;
      const own = values.map((value) => valueFor(row, value)).filter((value) => value !== undefined);
      const possible = own.filter((value) => {
        const { setting } = parent;
        return typeof setting === 'object' ? includes(setting, value) : setting === value;
      });
      if (possible.length === 0)
        throw new NoCounterpart(`it is never active: ${parentName} is never ${values.join(', ')}`);
      conditions.push([parent.hyperparameter, [...new Set(possible)]]);
    }
    if (conditions.length === 0) return;
    const own = this.mapped.filter(({ source }) => source === name);
    if (own.every(({ setting }) => typeof setting !== 'object')) {
      this.note(name, 'its value is fixed: its condition has no effect here');
      return;
    }
    const condition = Object.fromEntries(conditions);
    const conditional = (setting: Setting): Setting =>
      typeof setting === 'object' ? { ...setting, when: { ...setting.when, ...condition } } : setting;
    this.mapped = this.mapped.map((one) => {
      if (one.source !== name) return one;
      const alternatives = one.alternatives.map((other) => ({ ...other, setting: conditional(other.setting) }));
      return { ...one, setting: conditional(one.setting), alternatives };
    });
  }

  /** Every round leaves out what the specification would refuse, until nothing is. */
  #check(isGrid: boolean): void {
    for (;;) {
      const given = Object.fromEntries(this.mapped.map((one) => [one.hyperparameter, one.setting]));
      const parsed = hyperparametersSchema.safeParse(given);
      const invalid = parsed.success
        ? []
        : parsed.error.issues.map(({ path, message }) => ({ path: String(path[0]), message }));
      const issues = [
        ...invalid,
        ...[...conditionIssues(given, readableOf(given), isGrid), ...layerIssues(given)].map(({ path, message }) => ({
          path: path.split(/[.[]/)[1] ?? '',
          message,
        })),
      ];
      const bad = this.mapped.filter(({ hyperparameter }) => issues.some(({ path }) => path === hyperparameter));
      if (bad.length === 0) return;
      for (const [source, { hyperparameter }] of new Map(bad.map((one) => [one.source, one])))
        this.leaveOut(source, issues.find(({ path }) => path === hyperparameter)!.message);
    }
  }
}

/** Of units for layers that no network has; where the file says nothing about layers, `addLayers` sets their number. */
function layerIssues(given: Readonly<Record<string, Setting>>): ReturnType<typeof hiddenUnitsIssues> {
  return given['hiddenLayers'] === undefined ? [] : hiddenUnitsIssues(given, readableOf(given));
}

function addLayers(hyperparameters: Record<string, Setting>, work: Mapping): void {
  const layers = layerNames.findLastIndex((name) => hyperparameters[name] !== undefined) + 1;
  if (layers === 0 || hyperparameters['hiddenLayers'] !== undefined) return;
  hyperparameters['hiddenLayers'] = layers;
  work.note('', `hiddenLayers is ${layers}: the file has units for so many layers, and no number of layers`);
}

function strategyOf(
  { strategy }: SourceSpace,
  work: Mapping,
): Record<string, Record<string, string | number | boolean>> {
  const parts: Record<string, Record<string, string | number | boolean>> = {};
  const isValidCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1e6;
  for (const { source, part, value } of strategy) {
    if (part === 'budget' && !Object.values(value).every(isValidCount))
      work.leaveOut(source, 'must be a whole number from 1 to 1000000', 'setting');
    else parts[part] = { ...parts[part], ...value };
  }
  const hasChoices = work.mapped.some(
    ({ setting }) => typeof setting === 'object' && setting.distribution === 'categorical',
  );
  if (parts['sampler']?.['type'] === 'cmaes' && hasChoices)
    work.note('', 'cmaes here works on numeric hyperparameters; choices are drawn at random');
  return parts;
}

function objectiveOf(
  { objective }: SourceSpace,
  task: Task | undefined,
  work: Mapping,
): Readonly<Record<string, string>> | undefined {
  if (objective?.metric === undefined) {
    if (objective?.direction !== undefined)
      work.leaveOut(
        'objective',
        `says ${objective.direction}, but not of what: the metric of the data set is taken`,
        'setting',
      );
    return undefined;
  }
  const { metric, direction } = objective;
  const own = ownMetric(metric);
  const possible: Readonly<Record<string, string>> =
    task === undefined ? { ...metrics.regression, ...metrics.classification } : metrics[task];
  if (own === undefined || !Object.hasOwn(possible, own)) {
    const why = own === undefined ? 'no metric here is known by this name' : `${own} is not a metric of ${task}`;
    work.leaveOut(
      `objective: ${metric}`,
      `${why}: the default of the data set is taken, in its usual direction`,
      'setting',
    );
    return undefined;
  }
  if (!/^val/i.test(metric))
    work.note('objective', `${metric} is taken as ${own}: values here are always those of validation rows`);
  if (direction !== undefined && direction !== possible[own])
    work.note(
      'objective',
      `the file says to ${direction} ${metric}; the usual direction of ${own} is to ${possible[own]}`,
    );
  return { metric: own, direction: direction ?? possible[own]! };
}
