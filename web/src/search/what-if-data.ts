/** What the view of replayed pruners shows. Pure. */
import type { Direction } from '../../../src/algorithms/objective.ts';
import { byTradeoff } from '../../../src/domain/what-if/tradeoff.ts';
import { formatCount, formatNumber, formatPercent, formatValue, plural, words } from '../../../src/format.ts';
import type { WhatIf } from '../api.ts';
import type { Line } from '../charts/line-drawing.ts';

export type Rule = WhatIf['rules'][number];
export type Option = Rule['options'][number];

export const ruleTitles: Readonly<Record<Rule['rule'], string>> = {
  median: 'Median pruner',
  percentile: 'Percentile pruner',
  successiveHalving: 'Successive halving',
  asha: 'Asynchronous successive halving (ASHA)',
  hyperband: 'Hyperband',
  patience: 'Early stopping',
};

/** `warmup epochs 3` */
export function settingText({ setting }: Rule, value: number): string {
  return `${words(setting)} ${formatValue(value)}`;
}

export interface Choice {
  readonly rule: Rule;
  readonly option: Option;
}

/** All options of all rules. */
export function choicesOf({ rules }: WhatIf): Choice[] {
  return rules.flatMap((rule) => rule.options.map((option) => ({ rule, option })));
}

/** The option that saves most among those that lose nothing; else the one that loses least. */
export function bestChoice(answer: WhatIf, direction: Direction): Choice | undefined {
  const order = byTradeoff(direction);
  return choicesOf(answer).sort((a, b) => order(a.option, b.option))[0];
}

/** What an option would have saved and lost, as a sentence. */
export function verdictOf({ option }: Choice, answer: WhatIf): string {
  const { saved, best, lost } = option;
  const savedText = `It would have saved ${formatPercent(saved)} of the epochs`;
  if (best === null || lost === null) return `${savedText}, and kept no trial with a value.`;
  const trial = `trial ${best.number}, ${formatValue(best.value)}`;
  if (lost > 0) {
    return `${savedText} and lost ${formatNumber(lost, 2)}: its best, ${trial}, has rank ${best.rank}; the best of all is trial ${answer.best?.number}, ${formatValue(answer.best?.value)}.`;
  }
  if (lost < 0) {
    return `${savedText} and gained ${formatNumber(-lost, 2)}, since the best epoch of a trial counts: its best is ${trial}.`;
  }
  return `${savedText} and lost nothing: the best is kept, ${trial}.`;
}

/** Which trials are replayed, and why others are not. */
export function replayedText({ trials, stage }: WhatIf, stages: number): string {
  const { replayed, thinned, removed, pruned, failed, open } = trials;
  const left = [
    ...(pruned > 0 ? [`${formatCount(pruned)} pruned (their final values are unknown)`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed or cancelled`] : []),
    ...(open > 0 ? [`${formatCount(open)} not ended yet`] : []),
    ...(thinned > 0 ? [`${formatCount(thinned)} to limit the computation`] : []),
    ...(removed > 0 ? [`${formatCount(removed)} whose curves were removed`] : []),
  ];
  const of = stages > 1 ? ` of stage ${stage + 1}` : '';
  const survivors =
    pruned > replayed
      ? ' The replayed trials are those that a pruner kept, so that savings are biased: replay a search without a pruner for a better estimate.'
      : '';
  return `Replayed: ${plural(replayed, 'complete trial')}${of}.${left.length > 0 ? ` Left out: ${left.join(', ')}.` : ''}${survivors}`;
}

const colours: Readonly<Record<Rule['rule'], string>> = {
  median: '--blue',
  percentile: '--green',
  successiveHalving: '--orange',
  asha: '--yellow',
  hyperband: '--purple',
  patience: '--red',
};

export interface Tradeoff {
  /** Epochs saved, in per cent, then one column per line; ascending. */
  readonly columns: readonly (readonly (number | null)[])[];
  readonly lines: readonly Line[];
  /** The option of each index. */
  readonly choices: readonly Choice[];
}

/** Every option by what it saves and what its best is. The first line is the expected best of fewer trials, the last one the chosen option. */
export function tradeoffOf(answer: WhatIf, chosen: Choice): Tradeoff {
  const choices = choicesOf(answer).sort((a, b) => a.option.saved - b.option.saved);
  const rules = answer.rules.filter(({ options }) => options.length > 0);
  const valueIf = (holds: (choice: Choice) => boolean) =>
    choices.map((choice) => (holds(choice) ? (choice.option.best?.value ?? null) : null));
  return {
    columns: [
      choices.map(({ option }) => 100 * option.saved),
      choices.map(({ option }) => option.fewerTrials),
      ...rules.map((rule) => valueIf((choice) => choice.rule === rule)),
      valueIf(({ option }) => option === chosen.option),
    ],
    lines: [
      { label: 'fewer trials, no pruner', colour: '--grey', dash: [6, 4], width: 1 },
      ...rules.map(({ rule }): Line => ({ label: ruleTitles[rule], colour: colours[rule], points: true })),
      { label: 'chosen', colour: '--ink', points: true, hollow: true },
    ],
    choices,
  };
}

/** The address of a new search that uses it. */
export function newSearchAddress(id: string, { option: { change } }: Choice): string {
  const query =
    'pruner' in change
      ? new URLSearchParams({ from: id, pruner: JSON.stringify(change.pruner) })
      : new URLSearchParams({ from: id, patience: String(change.patience) });
  return `/new?${query}`;
}
