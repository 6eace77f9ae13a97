/** What can be done with the selected trials. */
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { plural } from '../../../src/format.ts';
import { api } from '../api.ts';
import { tagsIn } from '../parts/annotations.tsx';
import { Problem } from '../parts/problem.tsx';
import { save } from '../parts/save.ts';
import type { TrialRow } from './model.ts';
import type { Selection } from './selection.ts';
import { selectedCsv, selectedJson } from './selection-export.ts';
import { SelectionIssues } from './selection-strip.tsx';
import type { Column } from './trial-columns.ts';
import { useShown } from './use-search.ts';

interface SelectionBarProps {
  readonly selection: Selection;
  readonly columns: readonly Column[];
  readonly children: ReactNode;
}

/** How many requests are under way at a time. */
const AT_ONCE = 4;

export function SelectionBar({
  selection: { selected, issues, clear },
  columns,
  children,
}: SelectionBarProps): ReactNode {
  const { search, trials: all } = useShown();
  const trials = all.filter(({ number }) => selected?.has(number));
  const open = trials.filter(({ state }) => ['waiting', 'running', 'paused'].includes(state));
  const failed = trials.filter(({ state }) => state === 'failed');
  const act = useMutation({
    mutationFn: ({ verb, chosen }: { verb: 'cancel' | 'retry'; chosen: readonly TrialRow[] }) =>
      actOnAll(search.id, verb, chosen),
  });
  const button = (verb: 'cancel' | 'retry', title: string, chosen: readonly TrialRow[]) =>
    chosen.length > 0 && (
      <button type="button" disabled={act.isPending} onClick={() => act.mutate({ verb, chosen })}>
        {title} {chosen.length}
      </button>
    );
  const download = (kind: 'csv' | 'json', type: string, text: () => string) => (
    <button type="button" onClick={() => save(`${search.name}, selected.${kind}`, new Blob([text()], { type }))}>
      Export {kind.toUpperCase()}
    </button>
  );
  const address = encodeURIComponent(new URLSearchParams(location.search).get('select') ?? '');
  return (
    <section className="selection row" aria-label="Selected trials">
      <strong role="status">{plural(trials.length, 'trial')} selected</strong>
      <Link className="button" href={`/searches/${search.id}?select=${address}`}>
        Compare curves
      </Link>
      {download('csv', 'text/csv', () => selectedCsv(trials, columns))}
      {download('json', 'application/json', () => selectedJson(trials))}
      {button('cancel', 'Cancel', open)}
      {button('retry', 'Retry', failed)}
      <TagSelected trials={trials} />
      {children}
      <button type="button" className="quiet" onClick={clear}>
        Clear selection
      </button>
      <SelectionIssues issues={issues} />
      {act.data !== undefined && act.data.length > 0 && (
        <span className="fault" role="alert">
          {act.data.length} could not be changed: {act.data[0]}
        </span>
      )}
    </section>
  );
}

/** So many trials are tagged by one request. */
const TAGGED_AT_ONCE = 1000;

/** Adds a tag to the selected trials, or removes it. */
function TagSelected({ trials }: { readonly trials: readonly TrialRow[] }): ReactNode {
  const { search } = useShown();
  const [text, setText] = useState('');
  const change = useMutation({
    mutationFn: async (verb: 'addTags' | 'removeTags') => {
      const numbers = trials.map(({ number }) => number);
      for (let from = 0; from < numbers.length; from += TAGGED_AT_ONCE) {
        await api.tagTrials(search.id, {
          numbers: numbers.slice(from, from + TAGGED_AT_ONCE),
          [verb]: tagsIn(text),
        });
      }
    },
    onSuccess: () => setText(''),
  });
  const tags = tagsIn(text);
  const isTagged = trials.some((trial) => tags.some((tag) => trial.tags.includes(tag)));
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate('addTags');
      }}
    >
      <input
        aria-label="Tags"
        placeholder="tag"
        style={{ width: '8rem' }}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" disabled={tags.length === 0 || change.isPending}>
        Add tag
      </button>
      {isTagged && (
        <button type="button" disabled={change.isPending} onClick={() => change.mutate('removeTags')}>
          Remove tag
        </button>
      )}
      {change.error && <Problem error={change.error} />}
    </form>
  );
}

/** Resolves with the messages of requests that failed. */
async function actOnAll(id: string, verb: 'cancel' | 'retry', trials: readonly TrialRow[]): Promise<string[]> {
  const problems: string[] = [];
  const left = trials.map(({ number }) => number);
  const work = async () => {
    for (let number = left.shift(); number !== undefined; number = left.shift()) {
      const own = number;
      await api.actOnTrial(id, own, verb).catch((error: unknown) => {
        problems.push(`trial ${own}: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return problems;
}
