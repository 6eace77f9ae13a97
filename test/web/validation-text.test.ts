import { expect, it } from 'vitest';
import { validationText } from '../../web/src/parts/validation-text.ts';

it.each([
  [{}, '20 % held out'],
  [
    { type: 'holdout', fraction: 0.25, repeats: 3, reshuffle: true },
    '25 % held out, another split for each trial, 3 times',
  ],
  [{ type: 'kFold', folds: 10, stratified: true, repeats: 1, test: 0.1 }, '10 folds, 10 % test rows'],
  [{ type: 'kFold', folds: 5, stratified: false, repeats: 1 }, '5 folds, not stratified'],
] as const)('%o', (validation, text) => {
  expect(validationText(validation)).toBe(text);
});
