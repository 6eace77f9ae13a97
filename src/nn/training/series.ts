/** The series measured at the end of every epoch, on training and validation rows. */
export const seriesNames = ['trainLoss', 'validationLoss', 'trainMetric', 'validationMetric'] as const;
export type SeriesName = (typeof seriesNames)[number];

/** One entry per series: a number for an epoch, a list for a curve. */
export type PerSeries<T> = { readonly [Name in SeriesName]: T };

export function perSeries<T>(of: (name: SeriesName) => T): PerSeries<T> {
  return {
    trainLoss: of('trainLoss'),
    validationLoss: of('validationLoss'),
    trainMetric: of('trainMetric'),
    validationMetric: of('validationMetric'),
  };
}
