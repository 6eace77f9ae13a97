/** The best value of a search, with what can be said of it. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { baselineName, baselineOf, bestEvidence, evidenceText } from '../../../src/domain/best-evidence.ts';
import { formatNumber, formatValue, plusMinus } from '../../../src/format.ts';
import type { Search } from '../api.ts';

interface BestValueProps {
  readonly search: Search;
  readonly best: NonNullable<Search['best']>;
  /** Said before the value, for screen readers. */
  readonly before?: ReactNode;
  /** Said below the value if nothing else is. */
  readonly below?: ReactNode;
}

/** The value links to its trial. A value that is not distinguishable from the baseline is not shown as a result. */
export function BestValue({ search, best, before, below }: BestValueProps): ReactNode {
  const { number, value, confirmed } = best;
  const evidence = bestEvidence(search);
  const baseline = baselineOf(search);
  const isLuck = evidence?.aboveBaseline === false && baseline !== undefined;
  const { metric } = search.specification.objective;
  const looked = formatValue(confirmed?.value ?? value);
  return (
    <span title={evidenceText(search, evidence)}>
      <Link href={`/searches/${search.id}/trials/${number}`}>
        {before}
        {isLuck ? 'no better than baseline' : confirmed ? plusMinus(confirmed.value, confirmed.standardError) : looked}
      </Link>
      <span className="soft small about-best">
        {isLuck ? (
          `${looked}; baseline ${formatValue(baseline.value)} (${baselineName(metric, baseline)})`
        ) : confirmed ? (
          `${formatValue(value)} in the search; best with probability ${formatNumber(confirmed.probability, 2)}`
        ) : (
          <>
            {below}
            {below !== undefined && baseline !== undefined && ', '}
            {baseline !== undefined && `baseline ${formatValue(baseline.value)}`}
          </>
        )}
      </span>
    </span>
  );
}
