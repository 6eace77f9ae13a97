/** What is measured at the end of every epoch, of the training rows and of the validation rows. */
export const seriesNames = ['trainLoss', 'validationLoss', 'trainMetric', 'validationMetric'] as const;
export type SeriesName = (typeof seriesNames)[number];

/** One thing for each: a number where it is one epoch, a list where it is a curve. */
export type PerSeries<T> = { readonly [Name in SeriesName]: T };

export function perSeries<T>(of: (name: SeriesName) => T): PerSeries<T> {
  return {
    trainLoss: of('trainLoss'),
    validationLoss: of('validationLoss'),
    trainMetric: of('trainMetric'),
    validationMetric: of('validationMetric'),
  };
}
