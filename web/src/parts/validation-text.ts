import type { z } from 'zod';
import type { validationKinds } from '../../../src/domain/specification/validation.ts';
import { formatPercent, plural } from '../../../src/format.ts';

/** As in the specification or a patch: what is not there is the default. */
type Kinds = z.input<typeof validationKinds>;
type Split = Partial<Extract<Kinds, { type: 'holdout' }>> | Extract<Kinds, { type: 'kFold' }>;

/** 20 % held out, 3 times, 10 % test rows */
export function validationText(validation: Split): string {
  const { repeats = 1, test } = validation;
  const rest = [
    repeats > 1 ? plural(repeats, 'time') : undefined,
    test === undefined ? undefined : `${formatPercent(test)} test rows`,
  ];
  return [...splitText(validation), ...rest].filter((part) => part !== undefined).join(', ');
}

function splitText(validation: Split): readonly (string | undefined)[] {
  if (validation.type === 'kFold') {
    return [`${validation.folds ?? 5} folds`, validation.stratified === false ? 'not stratified' : undefined];
  }
  const { fraction = 0.2, reshuffle } = validation;
  return [`${formatPercent(fraction)} held out`, reshuffle === true ? 'another split for each trial' : undefined];
}
