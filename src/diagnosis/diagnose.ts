/** Diagnoses a training run: finds problems in its measurements, with likely causes and advice. */
import {
  type Case,
  type Finding,
  type FindingCode,
  findingCodes,
  hasLearned,
  type Rule,
  severities,
} from './finding.ts';
import * as end from './rules/end.ts';
import * as layers from './rules/layers.ts';
import * as learning from './rules/learning.ts';
import * as start from './rules/start.ts';

const rules: Readonly<Record<FindingCode, Rule>> = { ...start, ...learning, ...layers, ...end };
const allRules = Object.values(rules);

/** Findings that are consequences of another finding are left out. */
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

/** By severity, then in the order of the codes. */
function rank({ code, severity }: Finding): number {
  return severities.indexOf(severity) * findingCodes.length + findingCodes.indexOf(code);
}

/** Training has ended, and the network has learned: what was found did not keep it from that. */
function learnedAllTheSame({ reports, facts, over }: Case): boolean {
  const { trainLoss, trainMetric } = reports.at(-1)!;
  return over && hasLearned(trainLoss, trainMetric, facts.classes);
}

function lowered(finding: Finding): Finding {
  if (finding.severity !== 'fault' || finding.code === 'diverged') return finding;
  return { ...finding, severity: 'warning', text: `${finding.text} The network learned nevertheless.` };
}

/** All findings, worst first. */
export function diagnose(one: Case): Finding[] {
  if (one.reports.length === 0) return [];
  const found = allRules.map((rule) => rule(one)).filter((finding) => finding !== undefined);
  if (found.length === 0) return [];
  // A suppressed finding suppresses no others; the order of the table ensures this.
  const suppressed = new Set<FindingCode>();
  for (const [code, others] of Object.entries(explained) as [FindingCode, readonly FindingCode[]][]) {
    if (!suppressed.has(code) && found.some((one) => one.code === code))
      for (const other of others) suppressed.add(other);
  }
  const left = found.filter(({ code }) => !suppressed.has(code));
  return (learnedAllTheSame(one) ? left.map(lowered) : left).sort((a, b) => rank(a) - rank(b));
}
