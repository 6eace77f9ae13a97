/**
 * Units of single hidden layers: `hiddenUnits1`, `hiddenUnits2`, …, or a list in `hiddenUnits`. Layer K uses `hiddenUnitsK` if it is given
 * and active, otherwise `hiddenUnits`.
 */

import { countOf, type Distribution, type Value } from '../../algorithms/space/space.ts';
import type { ValidationIssue } from '../../errors.ts';
import { dotted, shown } from './validation-issues.ts';

type Setting = Value | Distribution;
type Settings = Readonly<Record<string, Setting>>;

export const MAX_HIDDEN_LAYERS = 20;

/** `hiddenUnits1` … `hiddenUnits20`; that of layer K has index K − 1. */
export const layerNames: readonly string[] = Array.from(
  { length: MAX_HIDDEN_LAYERS },
  (_, place) => `hiddenUnits${place + 1}`,
);

/** Expands a list of units: `hiddenUnits: [64, 128]` becomes hiddenLayers 2, hiddenUnits1 64, hiddenUnits2 128. */
export function spelledOut<T>(given: Readonly<Record<string, T | readonly T[]>>): Record<string, T | number> {
  const { hiddenUnits, ...others } = given;
  // Only hiddenUnits may be a list; the schema refuses others.
  if (!Array.isArray(hiddenUnits)) return given as Record<string, T>;
  const own = hiddenUnits.slice(0, MAX_HIDDEN_LAYERS).map((units: T, place) => [layerNames[place]!, units] as const);
  return { hiddenLayers: hiddenUnits.length, ...(others as Record<string, T>), ...Object.fromEntries(own) };
}

/** The path at which the hyperparameter `name` was given: its own key, or its index in the list. */
export function placeOf(name: string, given: Readonly<Record<string, unknown>>): readonly (string | number)[] {
  const place = layerNames.indexOf(name);
  return Array.isArray(given['hiddenUnits']) && place >= 0 ? ['hiddenUnits', place] : [name];
}

/** All possible numbers of hidden layers, ascending. */
export function layerCountsOf(hiddenLayers: Setting | undefined): number[] {
  if (typeof hiddenLayers !== 'object') return hiddenLayers === undefined ? [] : [Number(hiddenLayers)];
  if (hiddenLayers.distribution === 'categorical') return hiddenLayers.choices.map(Number).sort((a, b) => a - b);
  const { low, step = 1 } = hiddenLayers;
  return Array.from({ length: countOf(hiddenLayers) }, (_, k) => low + k * step);
}

/** Whether `own` sets the units of `layer` in every network that has the layer. */
function alwaysDecides(own: Setting | undefined, layer: number, counts: readonly number[]): boolean {
  if (typeof own !== 'object' || own.when === undefined) return own !== undefined;
  const { hiddenLayers, ...others } = own.when;
  if (Object.keys(others).length > 0) return false;
  return counts.every((count) => count < layer || hiddenLayers?.includes(count) !== false);
}

/** The first layer (from 1) that can use `hiddenUnits`. */
function firstCommon(settings: Settings, counts: readonly number[]): number {
  const place = layerNames.findIndex((name, i) => !alwaysDecides(settings[name], i + 1, counts));
  return place < 0 ? MAX_HIDDEN_LAYERS + 1 : place + 1;
}

/** Adds conditions so that units are not sampled for layers that do not exist, unless the user gave a condition. */
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
  // If layer 1 has no units of its own, hiddenUnits is sampled even with 0 layers: searches stored earlier depend on it.
  const changed = [
    ...layerNames.flatMap((name, place) => limited(name, place + 1)),
    ...(common > 1 ? limited('hiddenUnits', common) : []),
  ];
  return { ...settings, ...Object.fromEntries(changed) };
}

/** The most units that each of `count` layers can have. */
export function maxUnits(settings: Settings, count: number): number[] {
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
 * Units that contradict the number of layers or have no effect. `given` is the request, `settings` its well-formed part with a list
 * expanded.
 */
export function hiddenUnitsIssues(given: Readonly<Record<string, unknown>>, settings: Settings): ValidationIssue[] {
  const list = given['hiddenUnits'];
  if (Array.isArray(list)) return listIssues(given, list);
  const counts = layerCountsOf(settings['hiddenLayers']);
  if (counts.length === 0) return [];
  const maxLayers = counts.at(-1)!;
  const issues: ValidationIssue[] = [];
  const noEffect = (name: string, why: string) =>
    issues.push({ path: dotted(['hyperparameters', name]), message: `has no effect: ${why}` });
  layerNames.forEach((name, place) => {
    const layer = place + 1;
    if (given[name] === undefined) return;
    if (layer > maxLayers) noEffect(name, `hiddenLayers is at most ${maxLayers}, so there is no layer ${layer}`);
    else issues.push(...conditionIssues(name, layer, settings[name]));
  });
  if (typeof settings['hiddenUnits'] === 'object' && maxLayers > 0 && firstCommon(settings, counts) > maxLayers) {
    noEffect('hiddenUnits', 'every hidden layer has its own units');
  }
  return issues;
}

function conditionIssues(name: string, layer: number, setting: Setting | undefined): ValidationIssue[] {
  const values = typeof setting === 'object' ? (setting.when?.['hiddenLayers'] ?? []) : [];
  return values.flatMap((value, i) => {
    if (typeof value !== 'number' || value >= layer) return [];
    const path = dotted(['hyperparameters', name, 'when', 'hiddenLayers', i]);
    return [{ path, message: `must be at least ${layer}: with fewer there is no layer ${layer}, got ${value}` }];
  });
}

function listIssues(given: Readonly<Record<string, unknown>>, list: readonly unknown[]): ValidationIssue[] {
  const twice = layerNames.filter((name) => given[name] !== undefined);
  const issues = twice.map((name) => ({
    path: dotted(['hyperparameters', name]),
    message: 'must be left out if hiddenUnits is a list, which has the units of every layer',
  }));
  const layers = given['hiddenLayers'];
  if (layers === undefined || layers === list.length) return issues;
  const message = `must be ${list.length}, the length of hiddenUnits, or be left out, got ${shown(layers)}`;
  return [...issues, { path: 'hyperparameters.hiddenLayers', message }];
}
