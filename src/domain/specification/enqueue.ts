/** Parses and validates the configurations that a user enqueues to be tried first. */
import { z } from 'zod';
import { type Distribution, includes, type Point, type Value } from '../../algorithms/space/space.ts';
import type { ValidationIssue } from '../../errors.ts';
import { describedRange } from './described.ts';
import { layerNames, MAX_HIDDEN_LAYERS } from './hidden-units.ts';
import { hyperparameterNames } from './hyperparameters.ts';
import { dotted, isRecord, shown } from './validation-issues.ts';

export const MAX_ENQUEUED = 1000;

const valueSchema = z.union([z.number(), z.string(), z.boolean()]);
const unitsSchema = z.union([z.number(), z.array(z.number()).max(MAX_HIDDEN_LAYERS)]);
export const enqueueSchema = z
  .array(z.object({ hiddenUnits: unitsSchema.optional() }).catchall(valueSchema))
  .max(MAX_ENQUEUED)
  .describe('Tried first, as trials 0 …: values of hyperparameters that vary; missing ones are sampled at random');

/** A value given for a hyperparameter, and its path. */
interface Given {
  readonly name: string;
  readonly value: Value;
  readonly path: readonly (string | number)[];
}

type Settings = Readonly<Record<string, Value | Distribution>>;

const knownNames: ReadonlySet<string> = new Set(hyperparameterNames);

/** The configurations that were sent, whatever they are. */
export function configurationsIn(sent: unknown): readonly unknown[] {
  return (Array.isArray(sent) ? sent : []).slice(0, MAX_ENQUEUED);
}

/** A configuration as a point, and all that is wrong with it. */
export interface Enqueued {
  readonly point: Point;
  readonly issues: readonly ValidationIssue[];
}

/**
 * Reads configurations, with their places in the list, as points of the space of `settings`. Values of hyperparameters in `unread` cannot be
 * checked, and values of an unknown shape have been refused already: both are skipped.
 */
export function enqueueReader(
  settings: Settings,
  unread: readonly string[],
): (configuration: unknown, place: number) => Enqueued {
  const fixed = Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, Value] => typeof entry[1] !== 'object'),
  );
  return (configuration, place) => {
    const given = isRecord(configuration) ? givenIn(configuration, settings) : [];
    const { point, wrong } = pointOf(given, settings, fixed, unread);
    return { point, issues: wrong.map(([path, message]) => ({ path: dotted(['enqueue', place, ...path]), message })) };
  };
}

/** One entry per hyperparameter. A list of units is expanded; a layer without its own hyperparameter sets `hiddenUnits`. */
function givenIn(configuration: Readonly<Record<string, unknown>>, settings: Settings): Given[] {
  return Object.entries(configuration).flatMap(([name, value]): Given[] => {
    if (name === 'hiddenUnits' && Array.isArray(value)) {
      const units = value.slice(0, MAX_HIDDEN_LAYERS).map((one: unknown, place): Given | undefined => {
        const own = layerNames[place]!;
        const path = ['hiddenUnits', place];
        return isValue(one) ? { name: settings[own] === undefined ? 'hiddenUnits' : own, value: one, path } : undefined;
      });
      return [{ name: 'hiddenLayers', value: value.length, path: [name] }, ...units.filter((one) => one !== undefined)];
    }
    return isValue(value) ? [{ name, value, path: [name] }] : [];
  });
}

function isValue(value: unknown): value is Value {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
}

type Wrong = readonly [path: Given['path'], message: string];

function pointOf(
  given: readonly Given[],
  settings: Settings,
  fixed: Point,
  unread: readonly string[],
): { point: Point; wrong: Wrong[] } {
  const point: Record<string, Value> = {};
  const wrong: Wrong[] = [];
  // A condition on a value that is unknown or was just refused would report the same issue twice.
  const unknown = new Set(unread);
  for (const { name, value, path } of given) {
    if (unread.includes(name)) continue;
    const issue = valueIssue(name, value, settings[name], point[name]);
    if (issue !== undefined) {
      // In an expanded list of units the path does not name the hyperparameter.
      wrong.push([path, path.at(-1) === name ? issue : `${name} ${issue}`]);
      unknown.add(name);
    } else if (typeof settings[name] === 'object') point[name] = value;
  }
  const known = { ...fixed, ...point };
  for (const { name, path } of given) {
    const setting = settings[name];
    if (!Object.hasOwn(point, name) || typeof setting !== 'object') continue;
    const checked = Object.entries(setting.when ?? {}).filter(([parent]) => !unknown.has(parent));
    const issue = conditionIssue(checked, known);
    if (issue !== undefined) wrong.push([path, issue]);
  }
  return { point, wrong };
}

/** `before` is the value that the same configuration has already given for the hyperparameter. */
function valueIssue(
  name: string,
  value: Value,
  setting: Value | Distribution | undefined,
  before: Value | undefined,
): string | undefined {
  if (!knownNames.has(name)) return 'is not a hyperparameter';
  if (setting === undefined) return 'is not a hyperparameter of this search';
  if (typeof setting !== 'object') {
    return value === setting ? undefined : `does not vary in this search: it is ${shown(setting)}, got ${shown(value)}`;
  }
  if (before !== undefined && before !== value) {
    return `is already ${shown(before)} in this configuration, got ${shown(value)}`;
  }
  return includes(setting, value) ? undefined : `must be ${describedRange(setting)}, got ${shown(value)}`;
}

/** A value is used only if the values `given` by the configuration and the search make its hyperparameter active. */
function conditionIssue(
  conditions: readonly [parent: string, values: readonly Value[]][],
  given: Point,
): string | undefined {
  for (const [parent, values] of conditions) {
    const value = given[parent];
    if (value !== undefined && values.includes(value)) continue;
    const here = value === undefined ? 'this configuration does not give it' : `here it is ${shown(value)}`;
    return `is active only where ${parent} is ${values.length > 1 ? 'one of ' : ''}${values.map(shown).join(', ')}, and ${here}`;
  }
  return undefined;
}
