/** Buttons that make a model of a trial, or of several, and open it. */
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, type NewModel } from '../api.ts';
import { useGo } from '../parts/address.ts';
import { Menu } from '../parts/menu.tsx';
import { Problem } from '../parts/problem.tsx';

interface MakeModelProps {
  readonly searchId: string;
  readonly trial: number | 'best';
  /** How many complete trials an ensemble can choose from; 0 offers none. */
  readonly candidates?: number;
}

const CANDIDATES = 10;

export function MakeModel({ searchId, trial, candidates = 0 }: MakeModelProps): ReactNode {
  const go = useGo();
  const make = useMutation({
    mutationFn: (model: NewModel) => api.createModel(searchId, model),
    onSuccess: ({ id }) => go(`/models/${id}`),
  });
  const button = (text: string, model: NewModel) => (
    <button type="button" disabled={make.isPending} onClick={() => make.mutate(model)}>
      {text}
    </button>
  );
  const of = trial === 'best' ? 'the best trial' : 'this trial';
  const count = Math.min(candidates, CANDIDATES);
  return (
    <Menu title="Make a model">
      {button(`Of ${of}, as it was trained`, { trial })}
      {button(`Of ${of}, trained on all rows`, { trial, refit: true })}
      {count > 1 && button(`Ensemble of the best ${count}`, { ensemble: count })}
      {make.error && <Problem error={make.error} />}
    </Menu>
  );
}
