/** When pruners decide. Apart from their schemas, which the page of a search does not need. */
import type { BarrierSettings, DiagnosisSettings, PrunerSettings } from './specification/pruners.ts';

/** Pruners with which a trial waits at its rung for the others of its bracket. */
export function hasBarriers(pruner: PrunerSettings): pruner is BarrierSettings {
  return pruner.type === 'hyperband' || (pruner.type === 'successiveHalving' && pruner.reproducible);
}

/** Pruners that decide when a trial reports, from the trials that reported before it. */
export function isImmediate(
  pruner: PrunerSettings,
): pruner is Exclude<PrunerSettings, { type: 'none' | 'diagnosis' | 'hyperband' }> {
  return pruner.type !== 'none' && pruner.type !== 'diagnosis' && !hasBarriers(pruner);
}

/** The next epoch after `completed`, at most `last`, at which «diagnosis» checks a trial; undefined if there is none. */
export function nextDiagnosis(
  { warmupEpochs, patience }: Pick<DiagnosisSettings, 'warmupEpochs' | 'patience'>,
  completed: number,
  last: number,
): number | undefined {
  const checks = Math.floor((completed - warmupEpochs) / patience) + 1;
  const next = completed < warmupEpochs ? warmupEpochs : warmupEpochs + checks * patience;
  return next <= last ? next : undefined;
}
