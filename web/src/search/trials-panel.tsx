/** The table of all trials: filters, order, columns and selected trials, all of them in the address. */
import { type ReactNode, useDeferredValue, useMemo } from 'react';
import { ownFindings } from '../../../src/domain/finding-scope.ts';
import { plural, words } from '../../../src/format.ts';
import type { Search } from '../api.ts';
import { useAddress } from '../parts/address.ts';
import { Switch } from '../parts/log-switch.tsx';
import { Menu } from '../parts/menu.tsx';
import { objectiveOf } from '../parts/objective.ts';
import { listOf, namesIn } from './quoted.ts';
import { useSelection } from './selection.ts';
import { SelectionBar } from './selection-bar.tsx';
import { shownStates } from './shown-state.ts';
import { variedIn } from './space.ts';
import { type Column, columnsOf, filtered, rangesIn, shownColumns, sorted } from './trial-columns.ts';
import { TrialTable } from './trial-table.tsx';
import { useShown } from './use-search.ts';

export default function TrialsPanel(): ReactNode {
  const { search, model, trials: all } = useShown();
  const [state, setState] = useAddress('state');
  const [finding, setFinding] = useAddress('finding');
  const [sort, setSort] = useAddress('sort');
  const [ranges, setRanges] = useAddress('ranges');
  const [hidden, hide] = useAddress('hide');
  const [pinned, pin] = useAddress('pin');
  const [only, setOnly] = useAddress('only');
  const selection = useSelection();
  const { metric, direction } = objectiveOf(search);
  const columns = useMemo(
    () => columnsOf(variedIn(search), metric, search.specification.hyperparameters),
    [search, metric],
  );
  // Best first as soon as there is a best.
  const order = sort === '' && search.best === null ? 'number' : sort;
  const selected = only === 'selected' ? selection.selected : undefined;
  const asked = useMemo(() => ({ state, finding, ranges, order, selected }), [state, finding, ranges, order, selected]);
  // What was typed or pressed is shown immediately; filtering and sorting ten thousand rows may lag.
  const settled = useDeferredValue(asked);
  const { ranges: conditions, issues } = useMemo(() => rangesIn(settled.ranges, columns), [settled.ranges, columns]);
  const rows = useMemo(() => {
    const kept = filtered(all, { ...settled, ranges: conditions });
    const shown = settled.selected === undefined ? kept : kept.filter(({ number }) => settled.selected?.has(number));
    return sorted(shown, columns, settled.order, direction);
  }, [all, columns, settled, conditions, direction]);
  const codes = codesIn(search);
  const hiddenNames = namesIn(hidden);
  const pinnedNames = namesIn(pinned);
  const shown = useMemo(() => shownColumns(columns, namesIn(hidden), namesIn(pinned)), [columns, hidden, pinned]);
  const isFiltered = settled.state !== '' || settled.finding !== '' || settled.selected !== undefined;
  return (
    <>
      <div className="row" style={{ marginBottom: '0.75rem' }}>
        <select aria-label="State" value={state} onChange={(event) => setState(event.target.value)}>
          <option value="">all states</option>
          {withChosen(shownStates, state).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <select aria-label="Problem" value={finding} onChange={(event) => setFinding(event.target.value)}>
          <option value="">any problems or none</option>
          {withChosen(codes, finding).map((code) => (
            <option key={code} value={code}>
              {words(code)}
            </option>
          ))}
        </select>
        <input
          aria-label="Ranges, such as learningRate>0.01 value>=0.9"
          placeholder="learningRate>0.01 value>=0.9"
          style={{ minWidth: '18rem' }}
          value={ranges}
          aria-invalid={issues.length > 0}
          aria-describedby="range-issues"
          onChange={(event) => setRanges(event.target.value)}
        />
        <ColumnChooser
          columns={columns}
          hidden={hiddenNames}
          hide={(names) => hide(listOf(names))}
          pinned={pinnedNames}
          pin={(names) => pin(listOf(names))}
        />
        <span className="soft" role="status">
          {plural(rows.length, 'trial')}
          {model.thinned && ', a sample: the export has all trials'}
        </span>
      </div>
      <div id="range-issues" role="status">
        {issues.map((issue) => (
          <p key={issue} className="fault small" style={{ margin: '0 0 0.5rem' }}>
            {issue}
          </p>
        ))}
      </div>
      {selection.selected !== undefined && (
        <SelectionBar selection={selection} columns={columns}>
          <Switch on={only === 'selected'} set={(on) => setOnly(on ? 'selected' : '')}>
            only selected trials
          </Switch>
        </SelectionBar>
      )}
      <TrialTable
        rows={rows}
        columns={shown.columns}
        pinned={shown.pinned}
        sort={order}
        setSort={setSort}
        direction={direction}
        id={search.id}
        selection={selection}
        conditions={isFiltered ? '' : settled.ranges.trim()}
      />
    </>
  );
}

/** The problems that trials have: those of the search are in no row. */
function codesIn({ found, specification }: Search): readonly string[] {
  return ownFindings(Object.keys(found) as (keyof typeof found)[], specification.hyperparameters).toSorted();
}

/** What an address asks for is shown, also if it is none of the choices. */
function withChosen(choices: readonly string[], chosen: string): readonly string[] {
  return chosen === '' || choices.includes(chosen) ? choices : [...choices, chosen];
}

interface ColumnChooserProps {
  readonly columns: readonly Column[];
  readonly hidden: readonly string[];
  readonly hide: (names: readonly string[]) => void;
  readonly pinned: readonly string[];
  readonly pin: (names: readonly string[]) => void;
}

/** With the name if it was not there, otherwise without. */
function toggled(names: readonly string[], name: string): string[] {
  return names.includes(name) ? names.filter((one) => one !== name) : [...names, name];
}

function ColumnChooser({ columns, hidden, hide, pinned, pin }: ColumnChooserProps): ReactNode {
  return (
    <Menu title="Columns">
      {columns
        .filter(({ name }) => name !== 'number')
        .map(({ name, title }) => (
          <div key={name} className="row spread">
            <Switch on={!hidden.includes(name)} set={() => hide(toggled(hidden, name))}>
              {title}
            </Switch>
            <button
              type="button"
              className="quiet small"
              aria-pressed={pinned.includes(name)}
              aria-label={`Pin ${title}`}
              disabled={hidden.includes(name)}
              onClick={() => pin(toggled(pinned, name))}
            >
              {pinned.includes(name) ? 'pinned' : 'pin'}
            </button>
          </div>
        ))}
    </Menu>
  );
}
