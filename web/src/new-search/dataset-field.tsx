import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatCount, plural } from '../../../src/format.ts';
import { api } from '../api.ts';
import { useProjects } from '../projects.tsx';
import type { ValidationIssue } from './draft.ts';

interface DatasetFieldProps {
  readonly dataset: string;
  /** Of the search: where there are several projects, its data sets are offered. */
  readonly project: string;
  readonly set: (name: string) => void;
  readonly issues: readonly ValidationIssue[];
}

export function DatasetField({ dataset, project, set, issues }: DatasetFieldProps): ReactNode {
  const { data } = useQuery({ queryKey: ['datasets'], queryFn: api.datasets });
  const areSeveral = useProjects().length > 1;
  const items = (data?.items ?? []).filter((one) => !areSeveral || one.builtIn || one.project === project);
  const one = items.find(({ name }) => name === dataset);
  return (
    <>
      <label className="field">
        <span>Data set</span>
        <select value={dataset} aria-invalid={issues.length > 0} onChange={(event) => set(event.target.value)}>
          {one === undefined && <option value={dataset}>{dataset}</option>}
          {items.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <Link className="button" href="/datasets">
          Upload…
        </Link>
      </label>
      {one && (
        <p className="soft small">
          {one.title}: {formatCount(one.rows)} rows, {plural(one.features, 'input')},{' '}
          {one.task === 'classification' ? plural(one.classes.length, 'class', 'classes') : `predicts ${one.target}`}
        </p>
      )}
      {issues.map(({ message }) => (
        <div key={message} className="fault" role="alert">
          {message}
        </div>
      ))}
    </>
  );
}
