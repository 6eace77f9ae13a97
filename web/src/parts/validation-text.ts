import { formatPercent, plural } from '../../../src/format.ts';

/** How rows are split, as in the specification or a patch: what is not there is the default. */
interface Split {
  readonly type?: 'holdout' | 'kFold' | undefined;
  readonly fraction?: number | undefined;
  readonly folds?: number | undefined;
  readonly stratified?: boolean | undefined;
  readonly repeats?: number | undefined;
  readonly test?: number | undefined;
  readonly reshuffle?: boolean | undefined;
}

/** 20 % held out, 3 times, 10 % test rows */
export function validationText({ type, fraction = 0.2, folds = 5, repeats = 1, test, ...more }: Split): string {
  const split =
    type === 'kFold'
      ? [`${folds} folds`, more.stratified === false ? 'not stratified' : undefined]
      : [`${formatPercent(fraction)} held out`, more.reshuffle === true ? 'another split for each trial' : undefined];
  const rest = [
    repeats > 1 ? plural(repeats, 'time') : undefined,
    test === undefined ? undefined : `${formatPercent(test)} test rows`,
  ];
  return [...split, ...rest].filter((part) => part !== undefined).join(', ');
}
