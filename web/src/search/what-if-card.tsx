/** What if? Other pruners, and early stopping, replayed on the stored curves of the search. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import type { Direction } from '../../../src/algorithms/objective.ts';
import { byTradeoff } from '../../../src/domain/what-if/tradeoff.ts';
import { formatCount, formatNumber, formatPercent, formatValue, words } from '../../../src/format.ts';
import { api, type WhatIf } from '../api.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { useAddress } from '../parts/address.ts';
import { objectiveOf } from '../parts/objective.ts';
import { Problem } from '../parts/problem.tsx';
import { endedOf } from '../parts/state.tsx';
import { numeric, Table } from '../parts/table.tsx';
import { Tile } from '../parts/tile.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { steps } from './steps.ts';
import { useShown } from './use-search.ts';
import {
  bestChoice,
  type Choice,
  choicesOf,
  newSearchAddress,
  type Option,
  type Rule,
  replayedText,
  ruleTitles,
  settingText,
  tradeoffOf,
  verdictOf,
} from './what-if-data.ts';

export function WhatIfCard(): ReactNode {
  const { search } = useShown();
  const { data, error } = useQuery({
    queryKey: ['what-if', search.id, steps(endedOf(search.trials)), search.state],
    queryFn: () => api.about(search.id, 'what-if'),
    placeholderData: (before) => before,
  });
  return (
    <section className="card wide">
      <h2>What if?</h2>
      <p className="soft">
        What other pruners, or early stopping, would have saved and lost in this search: its curves are replayed, trial
        after trial, with the same rules that searches use.
      </p>
      {error && <Problem error={error} />}
      {data === undefined && !error && <Waiting what="the replays" />}
      {data && <Replays answer={data} />}
    </section>
  );
}

function Replays({ answer }: { readonly answer: WhatIf }): ReactNode {
  const { search } = useShown();
  const { direction } = search.specification.objective;
  // `median:3`
  const [address, setAddress] = useAddress('replay');
  const [rule, setting] = address.split(':');
  const best = useMemo(() => bestChoice(answer, direction), [answer, direction]);
  const replayed = replayedText(answer, search.specification.stages.length);
  if (best === undefined) {
    return (
      <p className="empty">
        {replayed} {[...new Set(answer.rules.map(({ unavailable }) => unavailable))].join(' ')}
      </p>
    );
  }
  const choose = ({ rule: { rule: name }, option: own }: Choice) => setAddress(`${name}:${own.setting}`);
  const own = answer.rules.find((one) => one.rule === rule && one.options.length > 0) ?? best.rule;
  const given = own.options.find((option) => String(option.setting) === setting);
  const option = given ?? bestOf(own, direction);
  const chosen = { rule: own, option };
  const unavailable = answer.rules
    .flatMap((one) => (one.unavailable === null ? [] : [`${ruleTitles[one.rule]}: ${one.unavailable}`]))
    .join(' ');
  return (
    <>
      <Controls answer={answer} chosen={chosen} choose={choose} />
      <p>
        <strong>{verdictOf(chosen, answer)}</strong>
      </p>
      <Numbers answer={answer} chosen={chosen} />
      <p className="row">
        <Link className="button primary" href={newSearchAddress(search.id, chosen)}>
          New search with {'pruner' in option.change ? 'this pruner' : 'this patience'}
        </Link>
        <span className="soft small">It was chosen in hindsight: the next search may differ.</span>
      </p>
      <TradeoffChart answer={answer} chosen={chosen} choose={choose} />
      <p className="soft small" style={{ maxWidth: 'none' }}>
        {replayed} A pruner pays off where its best is better than the dashed line: fewer trials without a pruner, in as
        many epochs.
      </p>
      {unavailable !== '' && (
        <p className="soft small" style={{ maxWidth: 'none' }}>
          {unavailable}
        </p>
      )}
      <details>
        <summary className="small">Table</summary>
        <Options answer={answer} />
      </details>
    </>
  );
}

function bestOf({ options }: Rule, direction: Direction): Option {
  return options.toSorted(byTradeoff(direction))[0]!;
}

interface ChosenProps {
  readonly answer: WhatIf;
  readonly chosen: Choice;
}
interface ChooseProps extends ChosenProps {
  readonly choose: (choice: Choice) => void;
}

function Controls({ answer, chosen: { rule, option }, choose }: ChooseProps): ReactNode {
  const { direction } = useShown().search.specification.objective;
  const { options } = rule;
  const place = options.indexOf(option);
  const label = words(rule.setting);
  return (
    <div className="row what-if">
      <select
        aria-label="Pruner"
        value={rule.rule}
        onChange={(event) => {
          const next = answer.rules.find((one) => one.rule === event.target.value)!;
          choose({ rule: next, option: bestOf(next, direction) });
        }}
      >
        {answer.rules.map((one) => (
          <option key={one.rule} value={one.rule} disabled={one.options.length === 0}>
            {ruleTitles[one.rule]}
            {one.unavailable !== null && ' (not available)'}
          </option>
        ))}
      </select>
      <label className="slider">
        <span>
          {label} <strong className="number">{formatValue(option.setting)}</strong>
        </span>
        <input
          type="range"
          min={0}
          max={options.length - 1}
          value={place}
          aria-label={label}
          aria-valuetext={`${settingText(rule, option.setting)}: ${formatPercent(option.saved)} of the epochs saved`}
          onChange={(event) => choose({ rule, option: options[Number(event.target.value)]! })}
        />
      </label>
    </div>
  );
}

function Numbers({ answer, chosen: { option } }: ChosenProps): ReactNode {
  const { search } = useShown();
  const { epochs, saved, stopped, best, lost, keptOfBest, fewerTrials } = option;
  return (
    <dl className="tiles">
      <Tile title="epochs saved">
        {formatPercent(saved)}{' '}
        <span className="soft small">
          {formatCount(answer.epochs - epochs)} of {formatCount(answer.epochs)}
        </span>
      </Tile>
      <Tile title="trials stopped">
        {formatCount(stopped)} <span className="soft small">of {formatCount(answer.trials.replayed)}</span>
      </Tile>
      <Tile title="best kept">
        {best === null ? (
          '–'
        ) : (
          <>
            <Link href={`/searches/${search.id}/trials/${best.number}`}>{formatValue(best.value)}</Link>{' '}
            <span className="soft small">rank {best.rank}</span>
          </>
        )}
      </Tile>
      <Tile title="lost">{lost === null ? '–' : formatNumber(lost, 2)}</Tile>
      <Tile title={`of the best ${answer.ofBest} kept`}>{keptOfBest}</Tile>
      <Tile title="fewer trials would find">{formatValue(fewerTrials)}</Tile>
    </dl>
  );
}

function TradeoffChart({ answer, chosen, choose }: ChooseProps): ReactNode {
  const { search } = useShown();
  const { metric } = objectiveOf(search);
  const { columns, lines, choices } = useMemo(() => tradeoffOf(answer, chosen), [answer, chosen]);
  return (
    <LineChart
      name={`${search.name}: what if`}
      hasOwnTable
      label={`best ${metric} kept by epochs saved, for ${choices.length} settings of ${lines.length - 2} rules; chosen: ${formatPercent(chosen.option.saved)} saved, ${formatValue(chosen.option.best?.value)}`}
      data={columns}
      lines={lines}
      xLabel="epochs saved"
      yLabel={`best ${metric} kept`}
      height={300}
      mark={100 * chosen.option.saved}
      formatX={(x) => `${formatValue(Number(x.toPrecision(6)))} %`}
      hit={(line, index) => {
        const choice = choices[index];
        // The first line stands for no option.
        if (choice === undefined || line === 0) return undefined;
        const { rule, option } = choice;
        return {
          text: [
            ruleTitles[rule.rule],
            settingText(rule, option.setting),
            `${formatPercent(option.saved)} saved, best ${formatValue(option.best?.value)}`,
          ],
          open: () => choose(choice),
        };
      }}
    />
  );
}

function Options({ answer }: { readonly answer: WhatIf }): ReactNode {
  return (
    <Table
      label="All settings of all rules"
      heads={[
        'rule',
        'setting',
        numeric('epochs saved'),
        numeric('trials stopped'),
        numeric('best kept'),
        numeric('rank'),
        numeric('lost'),
        numeric(`of the best ${answer.ofBest}`),
        numeric('fewer trials'),
      ]}
      style={{ maxHeight: '24rem', overflow: 'auto' }}
    >
      {choicesOf(answer).map(({ rule, option }) => (
        <tr key={`${rule.rule} ${option.setting}`}>
          <td>{ruleTitles[rule.rule]}</td>
          <td>{settingText(rule, option.setting)}</td>
          <td className="number">{formatPercent(option.saved)}</td>
          <td className="number">{formatCount(option.stopped)}</td>
          <td className="number">{formatValue(option.best?.value)}</td>
          <td className="number">{formatValue(option.best?.rank)}</td>
          <td className="number">{option.lost === null ? '–' : formatNumber(option.lost, 2)}</td>
          <td className="number">{option.keptOfBest}</td>
          <td className="number">{formatValue(option.fewerTrials)}</td>
        </tr>
      ))}
    </Table>
  );
}
