import type { ReactNode } from 'react';
import { formatCount, formatDuration, formatValue, plural } from '../../../src/format.ts';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { Warnings } from '../parts/warnings.tsx';
import type { DryRunState } from './use-dry-run.ts';

const SHOWN = 6;

/** The dry run: first trials and estimated duration. */
export function DryRunCard({
  dryRun: { answer, checked, issues, error },
}: {
  readonly dryRun: DryRunState;
}): ReactNode {
  if (error) return <Problem error={error} />;
  if (answer === undefined) return null;
  const { trials, gridSize, estimate, first, warnings } = answer;
  const names = [...new Set(first.flatMap(({ hyperparameters }) => Object.keys(hyperparameters)))];
  return (
    <section className="card" aria-busy={!checked} style={{ opacity: checked && issues.length === 0 ? 1 : 0.5 }}>
      <h2>Dry run</h2>
      <p>
        {plural(trials, 'trial')}
        {gridSize !== null && ` of a grid of ${formatCount(gridSize)}`}, about{' '}
        <strong>{formatDuration(estimate.seconds)}</strong> on {plural(estimate.threads, 'thread')}.
      </p>
      <Warnings warnings={warnings} />
      <Table label="The first trials" heads={['trial', ...names]} className="small">
        {first.slice(0, SHOWN).map(({ number, hyperparameters }) => (
          <tr key={number}>
            <td>{number}</td>
            {names.map((name) => (
              <td key={name}>{formatValue(hyperparameters[name])}</td>
            ))}
          </tr>
        ))}
      </Table>
    </section>
  );
}
