/** Dry run of a draft, debounced, ignoring outdated responses. */
import { useEffect, useState } from 'react';
import { api, type DryRun, Refusal } from '../api.ts';
import { useConnection } from '../overview.ts';
import type { Draft, ValidationIssue } from './draft.ts';

const PAUSE_MS = 250;

export interface DryRunState {
  /** The latest successful response. */
  readonly answer: DryRun | undefined;
  readonly issues: readonly ValidationIssue[];
  /** Whether the state belongs to the current draft. */
  readonly checked: boolean;
  readonly error: Error | undefined;
}

export function useDryRun(draft: Draft, readable: boolean): DryRunState {
  const [state, setState] = useState<DryRunState>({ answer: undefined, issues: [], checked: false, error: undefined });
  // What could not be asked is asked again when the service is back.
  const isLost = useConnection() === 'lost';
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is asked again when the connection changes.
  useEffect(() => {
    setState((before) => ({ ...before, checked: false }));
    if (!readable) return;
    const abort = new AbortController();
    const ask = async () => {
      try {
        const answer = await api.dryRun(draft, abort.signal);
        setState({ answer, issues: [], checked: true, error: undefined });
      } catch (error) {
        if (abort.signal.aborted || !(error instanceof Error)) return;
        const issues = error instanceof Refusal ? error.issues : [];
        setState((before) => ({
          ...before,
          issues,
          checked: true,
          error: issues.length > 0 ? undefined : error,
        }));
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [draft, readable, isLost]);
  return state;
}
