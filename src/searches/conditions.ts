/** What can be wrong with the conditions (`when`) of a search's hyperparameters. */
import type { Fault } from '../errors.ts';
import { CircularCondition, type Distribution, spaceOf, type Value } from '../search/space.ts';
import { dotted, isRecord, shown } from './faults.ts';
import { placeOf, spelledOut } from './hidden-units.ts';
import { fallbacks, settingSchemas } from './hyperparameters.ts';

/** Conditions must name other hyperparameters, values those can take, and form no circle. */
export function conditionFaults(given: Record<string, unknown>): Fault[] {
  const faults: Fault[] = [];
  const edges: Record<string, Distribution> = {};
  const sent = spelledOut(given);
  for (const [name, setting] of Object.entries(sent)) {
    if (!isRecord(setting) || !isRecord(setting['when']) || !Object.hasOwn(settingSchemas, name)) continue;
    edges[name] = { distribution: 'categorical', choices: [], when: {} };
    for (const [parent, values] of Object.entries(setting['when'])) {
      const path = ['hyperparameters', ...placeOf(name, given), 'when', parent];
      if (!Object.hasOwn(settingSchemas, parent)) {
        faults.push({ path: dotted(path), message: 'is not a hyperparameter' });
      } else if (parent === name) {
        faults.push({ path: dotted(path), message: 'a hyperparameter cannot depend on itself' });
      } else {
        edges[name] = { ...edges[name]!, when: { ...edges[name]!.when, [parent]: [] } };
        const possible = possibleValues(sent[parent], parent);
        (Array.isArray(values) ? values : []).forEach((value: unknown, i) => {
          if (possible.accepts(value)) return;
          const message = `${parent} can never have that value (${possible.words}), got ${shown(value)}`;
          faults.push({ path: dotted([...path, i]), message });
        });
      }
    }
  }
  return [...faults, ...circleFaults(edges)];
}

export function circleFaults(hyperparameters: Readonly<Record<string, Value | Distribution>>): Fault[] {
  try {
    spaceOf(hyperparameters);
    return [];
  } catch (error) {
    if (!(error instanceof CircularCondition)) throw error;
    return [{ path: dotted(['hyperparameters', error.names[0]!, 'when']), message: error.message }];
  }
}

function possibleValues(setting: unknown, name: string): { accepts: (value: unknown) => boolean; words: string } {
  if (!isRecord(setting)) {
    const value = setting ?? fallbacks[name];
    return { accepts: (one) => one === value, words: `it is ${shown(value)}` };
  }
  const { choices, low, high } = setting;
  if (Array.isArray(choices)) {
    return { accepts: (one) => choices.includes(one), words: `it is one of ${choices.map(shown).join(', ')}` };
  }
  const numeric = typeof low === 'number' && typeof high === 'number';
  return {
    accepts: (one) => !numeric || (typeof one === 'number' && one >= low && one <= high),
    words: `it is between ${shown(low)} and ${shown(high)}`,
  };
}
