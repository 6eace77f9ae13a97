/**
 * A hyperparameter that varies in one stage of a search may be fixed in a later one, whose trials do not say it any more. In an export, a missing value means that a
 * hyperparameter is not active, so its trials have the fixed one.
 */
import type { Point } from '../../algorithms/space/space.ts';
import type { Search } from '../../domain/search.ts';
import { fixedOf, variedOf } from '../../domain/specification/hyperparameters.ts';
import { stagesOf } from '../../domain/stages.ts';
import type { TrialSummary } from '../../domain/trial.ts';

export function withFixed(search: Search): (trial: TrialSummary) => TrialSummary {
  const stages = stagesOf(search).map(({ hyperparameters }) => hyperparameters);
  const varied = new Set(stages.flatMap(variedOf));
  const fixed = stages.map((stage): Point => {
    return Object.fromEntries(Object.entries(fixedOf(stage)).filter(([name]) => varied.has(name)));
  });
  if (fixed.every((stage) => Object.keys(stage).length === 0)) return (trial) => trial;
  return (trial) => ({ ...trial, hyperparameters: { ...fixed[trial.stage], ...trial.hyperparameters } });
}
