/** Which findings say something about a search as a whole: what every trial has because of data, validation or fixed hyperparameters. */
import type { FindingCode } from '../diagnosis/finding.ts';
import type { Settings } from './specification/settings.ts';

/** The hyperparameters that could make it different in another trial. */
const dependsOn: Readonly<Partial<Record<FindingCode, readonly string[]>>> = {
  validationTooSmall: [],
  inputsOffCentre: ['preprocessing'],
  inputScales: ['preprocessing'],
  batchTooSmall: ['batchNorm', 'batchSize'],
};

/** Other findings, and these where such a hyperparameter varies, are of single trials. */
export function concernsSearch(code: FindingCode, hyperparameters: Settings): boolean {
  return dependsOn[code]?.every((name) => typeof hyperparameters[name] !== 'object') ?? false;
}

/** The findings of a trial that are its own. */
export function ownFindings(found: readonly FindingCode[], hyperparameters: Settings): readonly FindingCode[] {
  return found.filter((code) => !concernsSearch(code, hyperparameters));
}
