/** What the service says of a draft: asked a moment after the last key, and never for an old one. */
import { useEffect, useState } from 'react';
import { api, type DryRun, Refusal } from '../api.ts';
import type { Draft, Fault } from './draft.ts';

const PAUSE_MS = 250;

export interface DryRunState {
  /** The newest answer that was not a refusal. */
  readonly answer: DryRun | undefined;
  readonly faults: readonly Fault[];
  /** Whether what is shown is about the draft as it is now. */
  readonly checked: boolean;
  readonly error: Error | undefined;
}

export function useDryRun(draft: Draft, readable: boolean): DryRunState {
  const [state, setState] = useState<DryRunState>({ answer: undefined, faults: [], checked: false, error: undefined });
  useEffect(() => {
    setState((before) => ({ ...before, checked: false }));
    if (!readable) return;
    const abort = new AbortController();
    const ask = async () => {
      try {
        const answer = await api.dryRun(draft, abort.signal);
        setState({ answer, faults: [], checked: true, error: undefined });
      } catch (error) {
        if (abort.signal.aborted || !(error instanceof Error)) return;
        const faults = error instanceof Refusal ? error.faults : [];
        setState((before) => ({
          ...before,
          faults,
          checked: true,
          error: faults.length > 0 ? undefined : error,
        }));
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [draft, readable]);
  return state;
}
