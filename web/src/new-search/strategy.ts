/** Strategies to start from, as parts of a draft. Pure. */
import { cycleOf } from '../../../src/domain/brackets.ts';
import { hasBarriers } from '../../../src/domain/pruner-rules.ts';
import { readableOf } from '../../../src/domain/specification/hyperparameters.ts';
import { prunerSchema } from '../../../src/domain/specification/pruners.ts';
import { plural } from '../../../src/format.ts';
import { type Draft, partOf, textOf, withPart } from './draft.ts';

export interface Preset {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly sampler: string;
  /** Undefined for none. */
  readonly pruner: string | undefined;
  readonly trials: number;
  readonly epochs: number;
  readonly confirm: boolean;
}

/** The trials of presets with hyperband are whole cycles of its brackets. */
export const presets: readonly Preset[] = [
  {
    name: 'quick',
    title: 'Quick look',
    about: 'Is the data set read as it should be, and do networks learn from it?',
    sampler: 'random',
    pruner: undefined,
    trials: 16,
    epochs: 10,
    confirm: false,
  },
  {
    name: 'recommended',
    title: 'Recommended',
    about: 'The strategy that needed the fewest epochs in our benchmarks.',
    sampler: 'tpe',
    pruner: 'hyperband',
    trials: 51,
    epochs: 20,
    confirm: false,
  },
  {
    name: 'thorough',
    title: 'Thorough',
    about: 'More and longer trials; the best ten are then trained again, since the best of many is partly luck.',
    sampler: 'tpe',
    pruner: 'hyperband',
    trials: 143,
    epochs: 81,
    confirm: true,
  },
];

export const recommended = presets[1]!;

/** `tpe · hyperband · 51 trials of up to 20 epochs` */
export function settingsText({ sampler, pruner, trials, epochs, confirm }: Preset): string {
  const length = pruner === undefined ? plural(epochs, 'epoch') : `up to ${plural(epochs, 'epoch')}`;
  const parts = [sampler, pruner ?? 'no pruner', `${plural(trials, 'trial')} of ${length}`];
  return [...parts, ...(confirm ? ['best confirmed'] : [])].join(' · ');
}

/** Sets the strategy; data set, ranges, validation, objective and seed stay. */
export function withPreset(draft: Draft, { sampler, pruner, trials, epochs, confirm }: Preset): Draft {
  const { seed } = partOf(draft, 'sampler');
  const parts: [string, unknown][] = [
    ['hyperparameters', withPart(partOf(draft, 'hyperparameters'), 'epochs', epochs)],
    ['sampler', { type: sampler, ...(seed !== undefined && { seed }) }],
    ['pruner', pruner && { type: pruner }],
    ['stages', undefined],
    ['confirm', confirm ? {} : undefined],
    ['budget', withPart(partOf(draft, 'budget'), 'trials', trials)],
  ];
  return parts.reduce((changed, [part, value]) => withPart(changed, part, value), draft);
}

export function isChosen(draft: Draft, preset: Preset): boolean {
  return textOf(withPreset(draft, preset)) === textOf(draft);
}

/** Why the pruner does not suit the budget; undefined if it does. */
export function prunerCaution(draft: Draft): string | undefined {
  const pruner = prunerSchema.safeParse(draft['pruner'] ?? {});
  const { epochs } = readableOf(partOf(draft, 'hyperparameters'));
  const { trials } = partOf(draft, 'budget');
  if (!pruner.success || !hasBarriers(pruner.data) || typeof epochs !== 'number' || typeof trials !== 'number') return;
  const cycle = cycleOf(pruner.data, epochs);
  if (trials >= cycle) return undefined;
  return `With ${plural(epochs, 'epoch')} a cycle of ${pruner.data.type} has ${plural(cycle, 'trial')}. In ${plural(trials, 'trial')} its brackets are cut off, and trials are compared with too few others: fewer epochs, more trials or no pruner suit better.`;
}
