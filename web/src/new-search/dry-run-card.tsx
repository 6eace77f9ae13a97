import type { ReactNode } from 'react';
import { formatCell, formatCount, formatDuration, plural } from '../../../src/format.ts';
import { Problem } from '../parts/problem.tsx';
import { numeric, Table } from '../parts/table.tsx';
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
  const isNumber = (name: string) =>
    first.every(({ hyperparameters: { [name]: own } }) => own === undefined || typeof own === 'number');
  const heads = names.map((name) => (isNumber(name) ? numeric(name) : name));
  return (
    <section className="card" aria-busy={!checked} style={{ opacity: checked && issues.length === 0 ? 1 : 0.5 }}>
      <h2>Dry run</h2>
      <p>
        {plural(trials, 'trial')}
        {gridSize !== null && ` of a grid of ${formatCount(gridSize)}`}, about{' '}
        <strong>{formatDuration(estimate.seconds)}</strong> on {plural(estimate.threads, 'thread')}.
      </p>
      <Warnings warnings={warnings} />
      <Table label="The first trials" heads={[numeric('trial'), ...heads]} className="small">
        {first.slice(0, SHOWN).map(({ number, hyperparameters }) => (
          <tr key={number}>
            <td className="number">{number}</td>
            {names.map((name) => (
              <td key={name} className={isNumber(name) ? 'number' : undefined}>
                {formatCell(hyperparameters[name])}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </section>
  );
}
