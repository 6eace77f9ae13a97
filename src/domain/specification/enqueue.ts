/** Configurations that a user gives to be tried first: what they may be, and what can be wrong with them. */
import { z } from 'zod';
import { type Distribution, includes, type Point, type Value } from '../../algorithms/space/space.ts';
import type { Fault } from '../../errors.ts';
import { describedRange } from './described.ts';
import { dotted, isRecord, MAX_FAULTS, shown } from './faults.ts';
import { layerNames, MAX_HIDDEN_LAYERS } from './hidden-units.ts';
import { hyperparameterNames } from './hyperparameters.ts';

export const MAX_ENQUEUED = 1000;

const valueSchema = z.union([z.number(), z.string(), z.boolean()]);
const unitsSchema = z.union([z.number(), z.array(z.number()).max(MAX_HIDDEN_LAYERS)]);
export const enqueueSchema = z
  .array(z.object({ hiddenUnits: unitsSchema.optional() }).catchall(valueSchema))
  .max(MAX_ENQUEUED)
  .describe('Tried first, as trials 0 …: values of hyperparameters that vary; what one leaves out is drawn at random');

/** What was sent for one hyperparameter, and where. */
interface Given {
  readonly name: string;
  readonly value: Value;
  readonly path: readonly (string | number)[];
}

type Settings = Readonly<Record<string, Value | Distribution>>;

/**
 * The configurations in `sent` as points of the space of `settings`, and every fault of them. What is said of a hyperparameter
 * in `unread` cannot be judged, and what is of no known shape has been refused already: both are passed over.
 */
export function readEnqueue(
  sent: unknown,
  settings: Settings,
  unread: readonly string[],
): { points: Point[]; faults: Fault[] } {
  const faults: Fault[] = [];
  const configurations = (Array.isArray(sent) ? sent : []).slice(0, MAX_ENQUEUED);
  const points = configurations.map((configuration: unknown, i) => {
    const given = isRecord(configuration) ? givenIn(configuration, settings) : [];
    const { point, wrong } = pointOf(given, settings, unread);
    for (const [path, message] of wrong) faults.push({ path: dotted(['enqueue', i, ...path]), message });
    return point;
  });
  return { points, faults: faults.slice(0, MAX_FAULTS) };
}

/** One entry a hyperparameter: a list of units is spelled out, a layer without a hyperparameter of its own stands for all. */
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
  unread: readonly string[],
): { point: Point; wrong: Wrong[] } {
  const point: Record<string, Value> = {};
  const wrong: Wrong[] = [];
  // A condition on what is not known, or has just been refused, would be the same fault twice.
  const unknown = new Set(unread);
  for (const { name, value, path } of given) {
    if (unread.includes(name)) continue;
    const fault = valueFault(name, value, settings[name], point[name]);
    if (fault !== undefined) {
      // Where a list of units is spelled out, the path alone does not say whose value it is.
      wrong.push([path, path.at(-1) === name ? fault : `${name} ${fault}`]);
      unknown.add(name);
    } else if (typeof settings[name] === 'object') point[name] = value;
  }
  const fixed = Object.entries(settings).filter((entry): entry is [string, Value] => typeof entry[1] !== 'object');
  const said = { ...Object.fromEntries(fixed), ...point };
  for (const { name, path } of given) {
    const setting = settings[name];
    if (!Object.hasOwn(point, name) || typeof setting !== 'object') continue;
    const judged = Object.entries(setting.when ?? {}).filter(([parent]) => !unknown.has(parent));
    const fault = conditionFault(judged, said);
    if (fault !== undefined) wrong.push([path, fault]);
  }
  return { point, wrong };
}

/** `before` is what the same configuration has said of the same hyperparameter already. */
function valueFault(
  name: string,
  value: Value,
  setting: Value | Distribution | undefined,
  before: Value | undefined,
): string | undefined {
  if (!hyperparameterNames.includes(name)) return 'is not a hyperparameter';
  if (setting === undefined) return 'is not among the hyperparameters of this search';
  if (typeof setting !== 'object') {
    return value === setting ? undefined : `does not vary in this search: it is ${shown(setting)}, got ${shown(value)}`;
  }
  if (before !== undefined && before !== value) {
    return `is ${shown(before)} already by this configuration, got ${shown(value)}`;
  }
  return includes(setting, value) ? undefined : `must be ${describedRange(setting)}, got ${shown(value)}`;
}

/** A value counts only where what the configuration and the search have `said` makes its hyperparameter active. */
function conditionFault(
  conditions: readonly [parent: string, values: readonly Value[]][],
  said: Point,
): string | undefined {
  for (const [parent, values] of conditions) {
    const value = said[parent];
    if (value !== undefined && values.includes(value)) continue;
    const here = value === undefined ? 'this configuration does not say it' : `here it is ${shown(value)}`;
    return `is active only where ${parent} is ${values.length > 1 ? 'one of ' : ''}${values.map(shown).join(', ')}, and ${here}`;
  }
  return undefined;
}
