/** Training runs for tests. */
import {
  type EpochReport,
  type PausedTraining,
  type TrainingCommand,
  type TrainingResult,
  type TrainOptions,
  train,
} from '../../src/nn/training/train.ts';

/** Trains as far as `command` lets it. */
function trainWhile(
  options: TrainOptions,
  command: (report: EpochReport) => TrainingCommand,
): { reports: EpochReport[]; end: TrainingResult | PausedTraining } {
  const reports: EpochReport[] = [];
  const training = train(options);
  let next = training.next();
  while (!next.done) {
    reports.push(next.value);
    next = training.next(command(next.value));
  }
  return { reports, end: next.value };
}

export function trainToEnd(
  options: TrainOptions,
  command: (report: EpochReport) => TrainingCommand = () => 'continue',
) {
  const { reports, end } = trainWhile(options, command);
  if (end.outcome !== 'ended') throw new Error('the training was paused');
  return { reports, result: end };
}
