/** Creates a search with a form or as JSON, with a dry run. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { Value } from '../../../src/algorithms/space/space.ts';
import { DEFAULT_PROJECT } from '../../../src/domain/project.ts';
import { budgetSchema } from '../../../src/domain/specification/budget.ts';
import { defaultHyperparameters } from '../../../src/domain/specification/hyperparameters.ts';
import { prunerKinds } from '../../../src/domain/specification/pruners.ts';
import { samplerKinds } from '../../../src/domain/specification/samplers.ts';
import { validationKinds } from '../../../src/domain/specification/validation.ts';
import { api, type Search } from '../api.ts';
import { useAddress } from '../parts/address.ts';
import { CopyButton, curl } from '../parts/copy.tsx';
import { Problem } from '../parts/problem.tsx';
import { useTitle } from '../parts/title.ts';
import { Waiting } from '../parts/waiting.tsx';
import { ProjectSelect } from '../projects.tsx';
import { ConfirmField } from './confirm-field.tsx';
import { DatasetField } from './dataset-field.tsx';
import {
  type Draft,
  draftOf,
  issuesAt,
  leanOf,
  partOf,
  textOf,
  type ValidationIssue,
  withPart,
  withTestRows,
} from './draft.ts';
import { DryRunCard } from './dry-run-card.tsx';
import { Examples } from './examples.tsx';
import { groups, type Name } from './groups.ts';
import { ImportCard } from './import-card.tsx';
import { KindForm } from './kind-form.tsx';
import { ObjectiveField } from './objective-field.tsx';
import { PreflightCard } from './preflight-card.tsx';
import { Presets } from './presets.tsx';
import { sampledOf } from './sampled.ts';
import { SettingField } from './setting-field.tsx';
import { SpaceCard } from './space-card.tsx';
import { StagesField } from './stages-field.tsx';
import { StartButton } from './start-button.tsx';
import { storeDraft, storedDraft } from './stored-draft.ts';
import { prunerCaution, recommended, withPreset } from './strategy.ts';
import { TestNote } from './test-note.tsx';
import { useDryRun } from './use-dry-run.ts';
import '../style/new-search.css';

export default function NewSearchView(): ReactNode {
  const [from] = useAddress('from');
  const [dataset] = useAddress('dataset');
  const [number] = useAddress('trial');
  const [pruner] = useAddress('pruner');
  const [patience] = useAddress('patience');
  useTitle('New search');
  const rows = useRows();
  const template = useQuery({ queryKey: ['search', from], queryFn: () => api.search(from), enabled: from !== '' });
  const trial = useQuery({
    queryKey: ['trial', from, Number(number)],
    queryFn: () => api.trial(from, Number(number)),
    enabled: from !== '' && number !== '',
  });
  const failure = template.error ?? trial.error;
  if (from !== '' && failure) return <Problem error={failure} />;
  if (from !== '' && template.data === undefined) return <Waiting what="the template" />;
  if (from !== '' && number !== '' && trial.data === undefined) return <Waiting what="the trial" />;
  if (rows.isPending) return <Waiting what="the data sets" />;
  const name = dataset || 'digits';
  const begun: Draft =
    template.data === undefined
      ? withTestRows(
          withPreset({ ...rows.projectOf(name), dataset: name, hyperparameters: defaultHyperparameters }, recommended),
          rows.of(name),
        )
      : leanOf({
          ...template.data.specification,
          name: `${template.data.name}, again`,
          ...projectPart(template.data.project),
          // The trial is tried first.
          ...(trial.data !== undefined && { enqueue: [trial.data.hyperparameters] }),
          ...changesOf(template.data.specification, pruner, patience),
        });
  const origin = [from || dataset, number, pruner, patience].filter((part) => part !== '').join('.');
  return <Setup key={origin} begun={begun} origin={origin} />;
}

/** The pruner, as JSON, and the patience of the address; the service validates them. */
function changesOf({ hyperparameters }: Search['specification'], pruner: string, patience: string): Draft {
  const read = pruner === '' ? undefined : draftOf(pruner);
  return {
    ...(read !== undefined && 'draft' in read && { pruner: read.draft }),
    ...(patience !== '' && { hyperparameters: { ...hyperparameters, patience: Number(patience) } }),
  };
}

/** Said only where it is not the default. */
function projectPart(project: string | null | undefined): Draft {
  return project === null || project === undefined || project === DEFAULT_PROJECT ? {} : { project };
}

interface Rows {
  readonly isPending: boolean;
  /** The number of rows of a data set; undefined if it is not known. */
  of(name: string): number | undefined;
  /** The part of a specification that says the project of the data set. */
  projectOf(name: string): Draft;
}

function useRows(): Rows {
  const { data, isPending } = useQuery({ queryKey: ['datasets'], queryFn: api.datasets });
  const find = (name: string) => data?.items.find((one) => one.name === name);
  return { isPending, of: (name) => find(name)?.rows, projectOf: (name) => projectPart(find(name)?.project) };
}

interface SetupProps {
  readonly begun: Draft;
  /** The template or data set that it was begun from: drafts of each are stored by themselves. */
  readonly origin: string;
}

function Setup({ begun, origin }: SetupProps): ReactNode {
  const [stored] = useState(() => storedDraft(origin));
  const [draft, setDraft] = useState(stored ?? begun);
  const [text, setText] = useState(() => textOf(draft));
  const [error, setError] = useState<string | undefined>(undefined);
  const change = (after: Draft) => {
    setDraft(after);
    setText(textOf(after));
    setError(undefined);
  };
  const write = (after: string) => {
    setText(after);
    const read = draftOf(after);
    if ('draft' in read) setDraft(read.draft);
    setError('error' in read ? read.error : undefined);
  };
  const untouched = textOf(draft) === textOf(begun);
  useEffect(() => storeDraft(origin, untouched ? undefined : draft), [origin, untouched, draft]);
  const dryRun = useDryRun(draft, error === undefined);
  const issues = dryRun.issues;
  return (
    <>
      <h1>New search</h1>
      {stored !== undefined && !untouched && (
        <p className="notice row">
          <span>Your draft was restored.</span>
          <button type="button" onClick={() => change(begun)}>
            Start over
          </button>
        </p>
      )}
      <Presets draft={draft} choose={change} />
      <Examples choose={change} />
      <ImportCard draft={draft} choose={change} />
      <div className="setup">
        <Form draft={draft} change={change} issues={issues} />
        <aside>
          <StartButton
            draft={draft}
            issues={issues}
            broken={error !== undefined}
            checked={dryRun.checked}
            onStart={() => storeDraft(origin, undefined)}
          />
          <DryRunCard dryRun={dryRun} />
          <SpaceCard draft={draft} />
          <PreflightCard draft={draft} stops={error !== undefined || issues.length > 0} />
          <section className="card">
            <div className="row spread">
              <h2 id="as-json">As JSON</h2>
              <CopyButton text={() => curl('/v1/searches', 'POST', draft)}>copy as curl</CopyButton>
            </div>
            <textarea
              aria-labelledby="as-json"
              aria-invalid={error !== undefined}
              spellCheck={false}
              rows={Math.min(34, text.split('\n').length + 1)}
              value={text}
              onChange={(event) => write(event.target.value)}
            />
            {error !== undefined && (
              <div className="fault" role="alert">
                {error}
              </div>
            )}
          </section>
        </aside>
      </div>
    </>
  );
}

interface FormProps {
  readonly draft: Draft;
  readonly change: (draft: Draft) => void;
  readonly issues: readonly ValidationIssue[];
}

function Form({ draft, change, issues }: FormProps): ReactNode {
  const set = (part: string) => (value: unknown) => change(withPart(draft, part, value));
  const kind = { issues };
  const rows = useRows();
  const dataset = String(draft['dataset'] ?? '');
  const caution = prunerCaution(draft);
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      <section className="card">
        <label className="field">
          <span>Name</span>
          <input
            value={String(draft['name'] ?? '')}
            placeholder="made from the data set"
            maxLength={200}
            onChange={(event) => set('name')(event.target.value === '' ? undefined : event.target.value)}
          />
        </label>
        <ProjectSelect
          field
          value={String(draft['project'] ?? '')}
          choose={(name) => set('project')(name === '' ? undefined : name)}
          none={DEFAULT_PROJECT}
        />
        <DatasetField
          project={String(draft['project'] ?? DEFAULT_PROJECT)}
          dataset={dataset}
          set={(name) => change(withTestRows(withPart(draft, 'dataset', name), rows.of(name)))}
          issues={issuesAt(issues, 'dataset')}
        />
        <ObjectiveField
          dataset={dataset}
          value={partOf(draft, 'objective')}
          set={set('objective')}
          issues={issuesAt(issues, 'objective')}
        />
      </section>
      <Hyperparameters draft={draft} change={change} issues={issues} />
      <section className="card">
        <h2>Strategy</h2>
        <KindForm
          {...kind}
          title="Sampler"
          schema={samplerKinds}
          fallback="random"
          value={partOf(draft, 'sampler')}
          set={set('sampler')}
          path="sampler"
        />
        <KindForm
          {...kind}
          title="Pruner"
          schema={prunerKinds}
          fallback="none"
          value={partOf(draft, 'pruner')}
          set={set('pruner')}
          path="pruner"
        />
        {caution !== undefined && <p className="notice">{caution}</p>}
        <StagesField stages={draft['stages']} set={set('stages')} issues={issuesAt(issues, 'stages')} />
        <KindForm
          {...kind}
          title="Validation"
          schema={validationKinds}
          fallback="holdout"
          value={partOf(draft, 'validation')}
          set={set('validation')}
          path="validation"
        />
        <TestNote test={partOf(draft, 'validation')['test']} rows={rows.of(dataset)} />
        <ConfirmField draft={draft} set={set('confirm')} issues={issuesAt(issues, 'confirm')} />
        <KindForm
          {...kind}
          title="Budget"
          schema={budgetSchema}
          value={partOf(draft, 'budget')}
          set={set('budget')}
          path="budget"
        />
      </section>
    </form>
  );
}

function Hyperparameters({ draft, change, issues }: FormProps): ReactNode {
  const hyperparameters = partOf(draft, 'hyperparameters');
  const trials = Number(partOf(draft, 'budget')['trials'] ?? 50);
  const sampler = draft['sampler'];
  const sampled = useMemo(() => sampledOf(hyperparameters, sampler, trials), [hyperparameters, sampler, trials]);
  const field = (name: Name) => (
    <SettingField
      key={name}
      name={name}
      setting={hyperparameters[name]}
      set={(setting) => change(withPart(draft, 'hyperparameters', withPart(hyperparameters, name, setting)))}
      issues={issuesAt(issues, `hyperparameters.${name}`)}
      values={sampled.flatMap((point): Value[] => (point[name] === undefined ? [] : [point[name]]))}
    />
  );
  return groups.map(({ title, names, more }) => {
    const hidden = more.filter((name) => hyperparameters[name] === undefined);
    return (
      <section key={title} className="card">
        <h2>{title}</h2>
        {[...names, ...more.filter((name) => !hidden.includes(name))].map(field)}
        {hidden.length > 0 && (
          <details>
            <summary className="small">more: {hidden.join(', ')}</summary>
            {hidden.map(field)}
          </details>
        )}
      </section>
    );
  });
}
