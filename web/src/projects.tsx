/** Projects on the page: nothing of them is shown while there is one alone. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useId } from 'react';
import { api } from './api.ts';

/** The names of all that the key reaches. */
export function useProjects(): readonly string[] {
  const { data } = useQuery({ queryKey: ['projects'], queryFn: api.projects, staleTime: 30_000 });
  return data?.items.map(({ name }) => name) ?? [];
}

interface ProjectSelectProps {
  readonly value: string;
  readonly choose: (project: string) => void;
  /** What the empty value means; not offered again where it is the name of a project. */
  readonly none: string;
  /** Whether it is a field of a form, with a visible label. */
  readonly field?: boolean;
}

/** Nothing where there is no choice. */
export function ProjectSelect({ value, choose, none, field = false }: ProjectSelectProps): ReactNode {
  const names = useProjects();
  const id = useId();
  if (names.length < 2) return null;
  // A name of the address that is of no project stays visible.
  const offered = [...new Set([...names, ...(value === '' ? [] : [value])])].filter((name) => name !== none);
  const select = (
    <select
      id={id}
      aria-label="Project"
      value={value === none ? '' : value}
      onChange={(event) => choose(event.target.value)}
    >
      <option value="">{none}</option>
      {offered.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
  if (!field) return select;
  return (
    <label className="field" htmlFor={id}>
      <span>Project</span>
      {select}
    </label>
  );
}
