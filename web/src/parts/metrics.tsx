import type { ReactNode } from 'react';
import { formatValue } from '../../../src/format.ts';
import { metricNames } from './objective.ts';

/** Metrics whose name is no word. */
const titles: Readonly<Record<string, string>> = {
  macroF1: metricNames.validationMacroF1,
  rocAuc: metricNames.validationRocAuc,
  rmse: metricNames.validationRmse,
  mae: metricNames.validationMae,
  r2: metricNames.validationR2,
};

/** All metrics of a task in one line; some are undefined, such as the area under the ROC curve of three classes. */
export function Metrics({ metrics }: { readonly metrics: Readonly<Record<string, number | null>> }): ReactNode {
  return (
    <p className="small">
      {Object.entries(metrics)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => `${titles[name] ?? name} ${formatValue(value)}`)
        .join(' · ')}
    </p>
  );
}
