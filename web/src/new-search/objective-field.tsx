import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { metrics } from '../../../src/domain/specification/objectives.ts';
import { api } from '../api.ts';
import type { Draft, ValidationIssue } from './draft.ts';

interface ObjectiveFieldProps {
  readonly dataset: string;
  readonly value: Draft;
  readonly set: (objective: Draft | undefined) => void;
  readonly issues: readonly ValidationIssue[];
}

/** The choice of a metric for the task of the data set; it sets the usual direction. */
export function ObjectiveField({ dataset, value, set, issues }: ObjectiveFieldProps): ReactNode {
  const { data } = useQuery({ queryKey: ['datasets'], queryFn: api.datasets });
  const one = data?.items.find(({ name }) => name === dataset);
  if (one === undefined) return null;
  const allowed = Object.keys(metrics[one.task]).filter(
    (name) => name !== 'validationRocAuc' || one.classes.length === 2,
  );
  const metric = String(value['metric'] ?? allowed[0]);
  return (
    <label className="field">
      <span>Objective</span>
      <select
        value={metric}
        aria-invalid={issues.length > 0}
        onChange={(event) => set(event.target.value === allowed[0] ? undefined : { metric: event.target.value })}
      >
        {!allowed.includes(metric) && <option>{metric}</option>}
        {allowed.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      {issues.map(({ message }) => (
        <span key={message} className="fault" role="alert">
          {message}
        </span>
      ))}
    </label>
  );
}
