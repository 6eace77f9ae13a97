/**
 * Units of single hidden layers: `hiddenUnits1`, `hiddenUnits2`, …, and the list that a user may write instead. Layer K has
 * those of `hiddenUnitsK` where that is given and active, else those of `hiddenUnits`.
 */

import { countOf, type Distribution, type Value } from '../../algorithms/space/space.ts';
import type { Fault } from '../../errors.ts';
import { dotted, shown } from './faults.ts';

type Setting = Value | Distribution;
type Settings = Readonly<Record<string, Setting>>;

export const MAX_HIDDEN_LAYERS = 20;

/** `hiddenUnits1` … `hiddenUnits20`: the units of layer K at place K − 1. */
export const layerNames: readonly string[] = Array.from(
  { length: MAX_HIDDEN_LAYERS },
  (_, place) => `hiddenUnits${place + 1}`,
);

/** What a list of units stands for: `hiddenUnits: [64, 128]` is hiddenLayers 2, hiddenUnits1 64, hiddenUnits2 128. */
export function spelledOut<T>(given: Readonly<Record<string, T | readonly T[]>>): Record<string, T | number> {
  const { hiddenUnits, ...others } = given;
  // Only hiddenUnits may be a list: the schema has seen to that, or will say so.
  if (!Array.isArray(hiddenUnits)) return given as Record<string, T>;
  const own = hiddenUnits.slice(0, MAX_HIDDEN_LAYERS).map((units: T, place) => [layerNames[place]!, units] as const);
  return { hiddenLayers: hiddenUnits.length, ...(others as Record<string, T>), ...Object.fromEntries(own) };
}

/** Where a user has written the hyperparameter `name`: its own key, or its place in the list. */
export function placeOf(name: string, given: Readonly<Record<string, unknown>>): readonly (string | number)[] {
  const place = layerNames.indexOf(name);
  return Array.isArray(given['hiddenUnits']) && place >= 0 ? ['hiddenUnits', place] : [name];
}

/** Every number of hidden layers that is possible, ascending. */
export function layerCountsOf(hiddenLayers: Setting | undefined): number[] {
  if (typeof hiddenLayers !== 'object') return hiddenLayers === undefined ? [] : [Number(hiddenLayers)];
  if (hiddenLayers.distribution === 'categorical') return hiddenLayers.choices.map(Number).sort((a, b) => a - b);
  const { low, step = 1 } = hiddenLayers;
  return Array.from({ length: countOf(hiddenLayers) }, (_, k) => low + k * step);
}

/** Whether `own` decides the units of `layer` wherever there is that layer. */
function alwaysDecides(own: Setting | undefined, layer: number, counts: readonly number[]): boolean {
  if (typeof own !== 'object' || own.when === undefined) return own !== undefined;
  const { hiddenLayers, ...others } = own.when;
  if (Object.keys(others).length > 0) return false;
  return counts.every((count) => count < layer || hiddenLayers?.includes(count) !== false);
}

/** The first layer (from 1) that can have the units of `hiddenUnits`. */
function firstCommon(settings: Settings, counts: readonly number[]): number {
  const place = layerNames.findIndex((name, i) => !alwaysDecides(settings[name], i + 1, counts));
  return place < 0 ? MAX_HIDDEN_LAYERS + 1 : place + 1;
}

/** Lets no units be sampled where their layer does not exist, unless the user has said when they are. */
export function withLayerConditions(settings: Settings): Record<string, Setting> {
  const counts = layerCountsOf(settings['hiddenLayers']);
  const limited = (name: string, layer: number): [string, Setting][] => {
    const setting = settings[name];
    if (typeof setting !== 'object' || setting.when?.['hiddenLayers'] !== undefined) return [];
    const enough = counts.filter((count) => count >= layer);
    if (enough.length === counts.length) return [];
    return [[name, { ...setting, when: { ...setting.when, hiddenLayers: enough } }]];
  };
  const common = firstCommon(settings, counts);
  // Without units of its own for layer 1 a search is as it always was: hiddenUnits is sampled for no layer too.
  const changed = [
    ...layerNames.flatMap((name, place) => limited(name, place + 1)),
    ...(common > 1 ? limited('hiddenUnits', common) : []),
  ];
  return { ...settings, ...Object.fromEntries(changed) };
}

/** The most units that every layer can have, for `count` layers. */
export function mostUnits(settings: Settings, count: number): number[] {
  const counts = layerCountsOf(settings['hiddenLayers']);
  return layerNames.slice(0, count).map((name, place) => {
    const own = settings[name];
    const common = alwaysDecides(own, place + 1, counts) ? 0 : largest(settings['hiddenUnits']!);
    return own === undefined ? common : Math.max(largest(own), common);
  });
}

function largest(setting: Setting): number {
  if (typeof setting !== 'object') return Number(setting);
  return setting.distribution === 'categorical' ? Math.max(...setting.choices.map(Number)) : setting.high;
}

/**
 * Units that contradict the number of layers or have no effect. `given` is what was sent, `settings` those of it that could be
 * read, a list spelled out.
 */
export function hiddenUnitsFaults(given: Readonly<Record<string, unknown>>, settings: Settings): Fault[] {
  const list = given['hiddenUnits'];
  if (Array.isArray(list)) return listFaults(given, list);
  const counts = layerCountsOf(settings['hiddenLayers']);
  if (counts.length === 0) return [];
  const most = counts.at(-1)!;
  const faults: Fault[] = [];
  const noEffect = (name: string, why: string) =>
    faults.push({ path: dotted(['hyperparameters', name]), message: `has no effect: ${why}` });
  layerNames.forEach((name, place) => {
    const layer = place + 1;
    if (given[name] === undefined) return;
    if (layer > most) noEffect(name, `hiddenLayers is at most ${most}, so there is no layer ${layer}`);
    else faults.push(...conditionFaults(name, layer, settings[name]));
  });
  if (typeof settings['hiddenUnits'] === 'object' && most > 0 && firstCommon(settings, counts) > most) {
    noEffect('hiddenUnits', 'every hidden layer has units of its own');
  }
  return faults;
}

function conditionFaults(name: string, layer: number, setting: Setting | undefined): Fault[] {
  const values = typeof setting === 'object' ? (setting.when?.['hiddenLayers'] ?? []) : [];
  return values.flatMap((value, i) => {
    if (typeof value !== 'number' || value >= layer) return [];
    const path = dotted(['hyperparameters', name, 'when', 'hiddenLayers', i]);
    return [{ path, message: `must be at least ${layer}: with fewer there is no layer ${layer}, got ${value}` }];
  });
}

function listFaults(given: Readonly<Record<string, unknown>>, list: readonly unknown[]): Fault[] {
  const twice = layerNames.filter((name) => given[name] !== undefined);
  const faults = twice.map((name) => ({
    path: dotted(['hyperparameters', name]),
    message: 'must be left out where hiddenUnits is a list: that has the units of every layer',
  }));
  const layers = given['hiddenLayers'];
  if (layers === undefined || layers === list.length) return faults;
  const message = `must be ${list.length}, as many as hiddenUnits lists, or be left out, got ${shown(layers)}`;
  return [...faults, { path: 'hyperparameters.hiddenLayers', message }];
}
