/** Babysits a training run: from what was measured to what is wrong with it, why, and what to do. */
import { type Case, type Finding, type FindingCode, findingCodes, type Rule, severities } from './finding.ts';
import * as end from './rules/end.ts';
import * as layers from './rules/layers.ts';
import * as learning from './rules/learning.ts';
import * as start from './rules/start.ts';

const rules: Readonly<Record<FindingCode, Rule>> = { ...start, ...learning, ...layers, ...end };

/** What is explained by something else that was found is left out. */
const explained: Readonly<Partial<Record<FindingCode, readonly FindingCode[]>>> = {
  diverged: [
    'symmetricWeights',
    'deadNetwork',
    'regularizationDominates',
    'plateau',
    'underfitting',
    'explodingGradients',
    'overfitting',
  ],
  deadNetwork: ['rateTooLow', 'plateau', 'underfitting', 'vanishingGradients', 'symmetricWeights'],
  symmetricWeights: [
    'plateau',
    'underfitting',
    'initializationTooSmall',
    'vanishingGradients',
    'notZeroCentred',
    'deadRelu',
  ],
  rateTooLow: ['plateau', 'underfitting', 'stillImproving'],
  rateTooHigh: ['underfitting', 'plateau'],
  regularizationDominates: ['underfitting', 'plateau', 'symmetricWeights'],
};

/** By severity; of equal ones, as the codes are listed. */
function rank({ code, severity }: Finding): number {
  return severities.indexOf(severity) * findingCodes.length + findingCodes.indexOf(code);
}

/** All findings, the worst first. */
export function diagnose(one: Case): Finding[] {
  if (one.reports.length === 0) return [];
  const found = Object.values(rules).flatMap((rule) => rule(one) ?? []);
  // What is itself explained explains nothing: the table is in order.
  const hushed = new Set<FindingCode>();
  for (const [code, others] of Object.entries(explained) as [FindingCode, readonly FindingCode[]][]) {
    if (!hushed.has(code) && found.some((one) => one.code === code)) for (const other of others) hushed.add(other);
  }
  return found.filter(({ code }) => !hushed.has(code)).sort((a, b) => rank(a) - rank(b));
}
