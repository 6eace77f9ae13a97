/** Pruning: brackets with their rungs, and stopped trials with reasons. */

import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import { formatCell, formatPercent, formatValue, plural } from '../../../src/format.ts';
import { cssLength } from '../css.ts';
import { hasEpochs, isObserved } from '../parts/objective.ts';
import { numeric, Table } from '../parts/table.tsx';
import { type BracketState, bracketsOf, epochsSaved } from './brackets.ts';
import type { TrialRow } from './model.ts';
import { useShown } from './use-search.ts';
import { WhatIfCard } from './what-if-card.tsx';

const MAX_BRACKETS = 40;
const MAX_REASONS = 200;

export default function PruningPanel(): ReactNode {
  const { search, trials: all } = useShown();
  const { pruner } = search.specification;
  const brackets = useMemo(() => bracketsOf(search, all), [search, all]);
  const stopped = all.filter(({ state }) => state === 'pruned');
  const diverged = all.filter(({ outcome }) => outcome === 'diverged');
  const isForeign = isObserved(search);
  const saved = epochsSaved(search, all);
  return (
    <div className="grid">
      <section className="card wide">
        <h2>{isForeign ? 'Pruning' : pruner.type === 'none' ? 'No pruner' : `Pruner: ${pruner.type}`}</h2>
        <p>
          {isForeign
            ? `${plural(stopped.length, 'trial')} pruned by the tool that ran the trials.`
            : pruner.type === 'none'
              ? 'Every trial runs to completion. A pruner would stop trials early that are unlikely to be among the best.'
              : `${plural(stopped.length, 'trial')} pruned.`}
          {diverged.length > 0 && ` ${plural(diverged.length, 'trial')} ended by the divergence rule.`}
          {saved !== undefined && saved > 0 && ` ${formatPercent(saved)} of the epochs were saved.`}
        </p>
      </section>
      {hasEpochs(search) && <WhatIfCard />}
      <div className="grid narrow wide">
        {brackets.slice(0, MAX_BRACKETS).map((bracket) => (
          <BracketCard key={bracket.from} bracket={bracket} id={search.id} />
        ))}
      </div>
      {brackets.length > MAX_BRACKETS && <p className="soft">and {brackets.length - MAX_BRACKETS} more brackets</p>}
      {(stopped.length > 0 || diverged.length > 0) && <Reasons trials={[...stopped, ...diverged]} id={search.id} />}
    </div>
  );
}

function BracketCard({ bracket, id }: { readonly bracket: BracketState; readonly id: string }): ReactNode {
  const { from, to, rungs } = bracket;
  const most = Math.max(...rungs.map(({ trials }) => trials));
  return (
    <section className="card">
      <h3>
        Bracket of trials {from}–{to - 1}
      </h3>
      <table>
        <thead>
          <tr>
            <th scope="col" className="number">
              rung
            </th>
            <th scope="col" className="number">
              epochs
            </th>
            <th scope="col" style={{ width: '50%' }}>
              reached
            </th>
            <th scope="col" className="number" title="Best value of the trials that ended at this rung">
              best ended
            </th>
          </tr>
        </thead>
        <tbody>
          {rungs.map(({ epochs, trials, came, goOn, stopped, diverged, lost, best }, rung) => (
            <tr key={rung}>
              <td className="number">{rung}</td>
              <td className="number">{formatCell(epochs)}</td>
              <td>
                <div
                  className="bar"
                  title={`${came} of ${trials} reached it: ${goOn} promoted or complete, ${stopped} pruned, ${diverged} diverged, ${lost} failed or cancelled, ${came - goOn - stopped - diverged - lost} running or paused`}
                >
                  <span className="bar-complete" style={{ width: cssLength(goOn / most) }} />
                  <span className="bar-pruned" style={{ width: cssLength(stopped / most) }} />
                  <span className="bar-diverged" style={{ width: cssLength(diverged / most) }} />
                  <span className="bar-failed" style={{ width: cssLength(lost / most) }} />
                  <span
                    className="bar-running"
                    style={{ width: cssLength((came - goOn - stopped - diverged - lost) / most) }}
                  />
                </div>
                <span className="small soft" style={{ whiteSpace: 'normal' }}>
                  {came} of {trials}
                  {goOn > 0 && `, ${goOn} ${rung === rungs.length - 1 ? 'complete' : 'promoted'}`}
                  {stopped > 0 && `, ${stopped} pruned`}
                  {diverged > 0 && `, ${diverged} diverged`}
                  {lost > 0 && `, ${lost} failed or cancelled`}
                </span>
              </td>
              <td className="number">
                {best === undefined ? (
                  '–'
                ) : (
                  <Link href={`/searches/${id}/trials/${best.number}`}>{formatValue(best.value)}</Link>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Reasons({ trials, id }: { readonly trials: readonly TrialRow[]; readonly id: string }): ReactNode {
  return (
    <section className="card wide">
      <h2>Pruned and diverged trials</h2>
      <Table
        label="Reasons"
        heads={[numeric('trial'), 'rule', numeric('epochs'), numeric('value'), 'reason']}
        style={{ maxHeight: '24rem', overflow: 'auto' }}
      >
        {trials.slice(-MAX_REASONS).map(({ number, rule, epochs, value, reason }) => (
          <tr key={number}>
            <td className="number">
              <Link href={`/searches/${id}/trials/${number}`}>{number}</Link>
            </td>
            <td>{rule ?? 'divergence'}</td>
            <td className="number">{formatCell(epochs)}</td>
            <td className="number">{formatValue(value)}</td>
            <td style={{ whiteSpace: 'normal', minWidth: '16rem' }}>{reason}</td>
          </tr>
        ))}
      </Table>
      {trials.length > MAX_REASONS && (
        <p className="soft small">The last {MAX_REASONS}; the trials table has all of them.</p>
      )}
    </section>
  );
}
