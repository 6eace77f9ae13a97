/** Which of our metrics a name of another tool means. */
import type { Metric } from '../domain/specification/specification.ts';

/** What other tools call our metrics, in lower case without signs and without `val`, `validation`, `valid`. */
const metricNames: Readonly<Record<string, Metric>> = {
  accuracy: 'validationAccuracy',
  acc: 'validationAccuracy',
  loss: 'validationLoss',
  macrof1: 'validationMacroF1',
  f1macro: 'validationMacroF1',
  auc: 'validationRocAuc',
  rocauc: 'validationRocAuc',
  rmse: 'validationRmse',
  mae: 'validationMae',
  r2: 'validationR2',
};

/** Our metric for a name of another tool; undefined if none is known by it. */
export function ownMetric(name: string): Metric | undefined {
  const short = name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/^val(?:id(?:ation)?)?|val$/g, '');
  return Object.hasOwn(metricNames, short) ? metricNames[short] : undefined;
}
