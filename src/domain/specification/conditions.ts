/** Validates the conditions (`when`) of a search's hyperparameters. */

import {
  CircularCondition,
  type Distribution,
  gridValuesOf,
  includes,
  spaceOf,
  type Value,
} from '../../algorithms/space/space.ts';
import type { ValidationIssue } from '../../errors.ts';
import { placeOf, spelledOut } from './hidden-units.ts';
import { fallbacks, settingSchemas } from './hyperparameters.ts';
import { dotted, isRecord, shown } from './validation-issues.ts';

type Settings = Readonly<Record<string, Value | Distribution>>;

/**
 * Conditions must name other hyperparameters and values these can take, and must not form a cycle. `readable` are the well-formed settings
 * in `given`; `gridded` says whether they only take the values of a grid.
 */
export function conditionIssues(
  given: Record<string, unknown>,
  readable: Settings,
  gridded: boolean,
): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  const edges: Record<string, Distribution> = {};
  const sent = spelledOut(given);
  for (const [name, setting] of Object.entries(sent)) {
    if (!isRecord(setting) || !isRecord(setting['when']) || !Object.hasOwn(settingSchemas, name)) continue;
    edges[name] = { distribution: 'categorical', choices: [], when: {} };
    for (const [parent, values] of Object.entries(setting['when'])) {
      const path = ['hyperparameters', ...placeOf(name, given), 'when', parent];
      if (!Object.hasOwn(settingSchemas, parent)) {
        issues.push({ path: dotted(path), message: 'is not a hyperparameter' });
      } else if (parent === name) {
        issues.push({ path: dotted(path), message: 'a hyperparameter cannot depend on itself' });
      } else {
        edges[name] = { ...edges[name]!, when: { ...edges[name]!.when, [parent]: [] } };
        const possible = possibleValues(sent[parent], parent, readable[parent], gridded);
        (Array.isArray(values) ? values : []).forEach((value: unknown, i) => {
          if (possible.accepts(value)) return;
          const message = `${parent} can never have that value (${possible.words}), got ${shown(value)}`;
          issues.push({ path: dotted([...path, i]), message });
        });
      }
    }
  }
  return [...issues, ...circularConditionIssues(edges)];
}

export function circularConditionIssues(
  hyperparameters: Readonly<Record<string, Value | Distribution>>,
): ValidationIssue[] {
  try {
    spaceOf(hyperparameters);
    return [];
  } catch (error) {
    if (!(error instanceof CircularCondition)) throw error;
    return [{ path: dotted(['hyperparameters', error.names[0]!, 'when']), message: error.message }];
  }
}

const MAX_SHOWN = 12;

function listed(values: readonly unknown[]): string {
  const more = values.length > MAX_SHOWN ? `, … (${values.length})` : '';
  return `it is one of ${values.slice(0, MAX_SHOWN).map(shown).join(', ')}${more}`;
}

function possibleValues(
  sent: unknown,
  name: string,
  setting: Value | Distribution | undefined,
  gridded: boolean,
): { accepts: (value: unknown) => boolean; words: string } {
  if (!isRecord(sent)) {
    const value = sent ?? fallbacks[name];
    return { accepts: (one) => one === value, words: `it is ${shown(value)}` };
  }
  if (Array.isArray(sent['choices'])) {
    const { choices } = sent;
    return { accepts: (one) => choices.includes(one), words: listed(choices) };
  }
  // Issues of the parent itself are reported at its own path.
  if (typeof setting !== 'object' || setting.distribution === 'categorical') return { accepts: () => true, words: '' };
  if (gridded) {
    const values: readonly unknown[] = gridValuesOf(setting);
    return { accepts: (one) => values.includes(one), words: `in this grid ${listed(values)}` };
  }
  const { low, high, step } = setting;
  const steps = step === undefined ? '' : ` in steps of ${step}`;
  const whole = setting.distribution === 'int' ? ' a whole number' : '';
  return {
    accepts: (one) => typeof one === 'number' && includes(setting, one),
    words: `it is${whole} between ${shown(low)} and ${shown(high)}${steps}`,
  };
}
