/** What becomes of a draft when a search space of another tool is imported. Pure. */
import type { Value } from '../../../src/algorithms/space/space.ts';
import { formatValue } from '../../../src/format.ts';
import type { Import } from '../api.ts';
import { formatSetting } from '../search/space.ts';
import { type Draft, partOf } from './draft.ts';

export type MappedSetting = Import['mapped'][number]['setting'];

/** Name in the file → its chosen reading: 0 is the first, others are alternatives. */
export type Readings = Readonly<Record<string, number>>;

/** All readings of a mapped hyperparameter, the first one being that of the service. */
export function readingsOf({ setting, alternatives }: Import['mapped'][number]): readonly MappedSetting[] {
  return [setting, ...alternatives.map((one) => one.setting)];
}

/** The file's space replaces that of the draft; of the strategy, the parts that the file sets. Data set, name and validation stay. */
export function withImport(draft: Draft, { specification, mapped }: Import, readings: Readings): Draft {
  const chosen = mapped.map((one) => [one.hyperparameter, readingsOf(one)[readings[one.source] ?? 0] ?? one.setting]);
  const { hyperparameters, sampler, pruner, objective, budget } = specification;
  return {
    ...draft,
    ...(hyperparameters && { hyperparameters: { ...hyperparameters, ...Object.fromEntries(chosen) } }),
    ...(sampler && { sampler }),
    ...(pruner && { pruner }),
    ...(objective && { objective }),
    ...(budget && { budget: { ...partOf(draft, 'budget'), ...budget } }),
  };
}

/** A setting in a few words, with its steps and its condition. */
export function settingText(setting: MappedSetting): string {
  const step = typeof setting === 'object' && 'step' in setting ? setting.step : undefined;
  const when = typeof setting === 'object' ? Object.entries(setting.when ?? {}) : [];
  const conditions = when.map(
    ([name, values]) => `if ${name} is ${values.map((one: Value) => formatValue(one)).join(' or ')}`,
  );
  return [formatSetting(setting), ...(step === undefined ? [] : [`in steps of ${step}`]), ...conditions].join(', ');
}
