/** The confirmation of a search: how far it is, and what its finalists came to. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import {
  formatConfirmation,
  formatNumber,
  formatPercent,
  formatValue,
  plural,
  plusMinus,
} from '../../../src/format.ts';
import type { Search } from '../api.ts';
import { numeric, Table } from '../parts/table.tsx';
import { useShown } from './use-search.ts';

type Confirmation = NonNullable<Search['confirmation']>;
type Finalist = Confirmation['finalists'][number];

const heads = [...['trial', 'value in the search', 'runs', 'confirmed value', 'P(best)'].map(numeric), 'eliminated'];

export function ConfirmationCard(): ReactNode {
  const { search } = useShown();
  const { confirmation, specification } = search;
  if (confirmation === undefined) return null;
  const byConfirmed = confirmation.finalists.toSorted((a, b) => chanceOf(b) - chanceOf(a));
  return (
    <section className="card wide">
      <h2>Confirmation</h2>
      <p className="soft">{textOf(confirmation)}</p>
      <Table label={`The finalists, by ${specification.objective.metric}`} heads={heads}>
        {byConfirmed.map(({ number, value, runs, mean, confirmed, rejected }) => (
          <tr key={number}>
            <td className="number">
              <Link href={`/searches/${search.id}/trials/${number}`}>{number}</Link>
              {number === confirmation.best && (
                <>
                  {' '}
                  <span className="chip state-complete">best</span>
                </>
              )}
            </td>
            <td className="number">{formatValue(value)}</td>
            <td className="number">{runs}</td>
            <td className="number">
              {confirmed === null ? (
                <span className="soft">{mean === null ? '–' : `mean ${formatNumber(mean)}`}</span>
              ) : (
                plusMinus(confirmed.value, confirmed.standardError)
              )}
            </td>
            <td className="number">{confirmed === null ? '–' : formatPercent(confirmed.probability)}</td>
            <td className="small">
              {rejected === null ? (
                <span className="soft">no</span>
              ) : (
                `round ${rejected.round}, ${reasons[rejected.why]}`
              )}
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

const reasons = { worse: 'worse than others', diverged: 'a run diverged', failed: 'a run failed' } as const;

function chanceOf({ confirmed }: Finalist): number {
  return confirmed?.probability ?? -1;
}

function textOf(confirmation: Confirmation): string {
  const { state, round, rounds, runs, finalists } = confirmation;
  const what = `${plural(finalists.length, 'finalist')}, trained again on new splits and seeds`;
  switch (state) {
    case 'running':
      return `${what}: round ${round} of ${rounds.length}, ${runs.ended} of ${plural(runs.planned, 'run')} have ended.`;
    case 'complete':
      return `${formatConfirmation(confirmation)!} ± is one standard error.`;
    case 'failed':
      return `Of ${what}, every one diverged or failed: the best trial is the one with the best value in the search.`;
    case 'cancelled':
      return `${what}: stopped before it was complete, so the best trial is the one with the best value in the search.`;
  }
}
