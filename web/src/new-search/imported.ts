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

interface MappedName {
  readonly source: string;
  readonly hyperparameter: string;
}

/** What a name of the file means. A list of units is several hyperparameters here, and means hiddenUnits. */
export function meaningOf(source: string, mapped: readonly MappedName[]): string {
  const own = mapped.filter((one) => one.source === source);
  return own.length > 1 ? 'hiddenUnits' : own[0]!.hyperparameter;
}

/** Whether it is the first of the hyperparameters that its name means. */
export function isFirst({ source, hyperparameter }: MappedName, mapped: readonly MappedName[]): boolean {
  return mapped.find((one) => one.source === source)?.hyperparameter === hyperparameter;
}

/** Whether it is told beside what its name means. */
export function hasOwnName(one: MappedName, mapped: readonly MappedName[]): boolean {
  return !isFirst(one, mapped) || meaningOf(one.source, mapped) !== one.hyperparameter;
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
