/** Follows one search: applies stream messages to the model, and notifies views with pauses that leave the browser mostly idle. */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { SearchMessage } from '../../../src/contract/stream.ts';
import { Refusal, type Search, type SearchEvent } from '../api.ts';
import { openStream } from '../live.ts';
import { upsertSearch } from '../overview.ts';
import { SearchModel, type TrialRow } from './model.ts';
import { arrivedAhead, readTrials, type Trials, takeAhead } from './reading-ahead.ts';

/** The pause before an update of the views is so many times as long as the last update took: updates take at most a fifth of a core. */
const PAUSE_RATIO = 4;
/** And at least so long for each change of a trial since then: where more than a hundred change in a second, painting costs most. */
const PAUSE_PER_CHANGE_MS = 10;
const MIN_PAUSE_MS = 30;
const MAX_PAUSE_MS = 500;

export interface Followed {
  readonly model: SearchModel;
  /** Whether the stream has been lost and is not back yet. */
  readonly lost: boolean;
  /** Whether the table has been read. */
  readonly ready: boolean;
  readonly error: Error | undefined;
  readonly removed: boolean;
  subscribe(listener: () => void): () => void;
  /** A new object after every change. */
  snapshot(): Snapshot;
}

/** The state of the model at one moment. */
export interface Snapshot {
  readonly model: SearchModel;
  readonly trials: readonly TrialRow[];
}

export function useFollow(id: string): Followed {
  const client = useQueryClient();
  const kept = useRef<ReturnType<typeof createKept> | undefined>(undefined);
  kept.current ??= createKept(arrivedAhead(id));
  const { model, first, subscribe, snapshot, wake, notify } = kept.current;
  const [status, setStatus] = useState<Pick<Followed, 'lost' | 'ready' | 'error' | 'removed'>>({
    lost: false,
    ready: first !== undefined,
    error: undefined,
    removed: false,
  });

  useEffect(() => {
    /** Changes that arrive while the table is read; the model skips those that are in the table. */
    let early: SearchEvent[] | undefined = [];
    let round = 0;
    let shown = first;
    const show = (trials: Trials, changes: readonly SearchEvent[]) => {
      readInto(model, trials, changes);
      shown = trials;
      notify();
      setStatus((before) => ({ ...before, ready: true, error: undefined }));
    };
    // They are shown at once; the stream says whether they are the newest.
    const ahead = takeAhead(id).then((trials) => {
      if (trials !== undefined && trials !== shown && round === 0) show(trials, []);
      return trials;
    });
    const load = async (seq: number) => {
      const own = ++round;
      early = [];
      try {
        const known = own === 1 ? await ahead : undefined;
        const trials = known !== undefined && known[0].seq >= seq ? known : await readTrials(id);
        if (own !== round) return;
        if (trials === shown) for (const change of early) model.onChange(change);
        else show(trials, early);
        early = undefined;
        wake();
      } catch (error) {
        // On a lost connection the stream reconnects, and this runs again.
        if (error instanceof Refusal) setStatus((before) => ({ ...before, error }));
      }
    };
    const stream = openStream<SearchMessage>(`/v1/searches/${id}/events`, {
      onConnection: (connection) => {
        const lost = connection === 'lost';
        setStatus((before) => (before.lost === lost ? before : { ...before, lost }));
      },
      onMessage: (message) => {
        if (message.type === 'snapshot') {
          upsertSearch(client, message.search);
          model.readRunning(message.running);
          void load(message.seq);
        } else if (message.type === 'epochs') for (const epoch of message.epochs) model.onEpoch(epoch);
        else if (message.type === 'removed') setStatus((before) => ({ ...before, removed: true }));
        else if ('seq' in message) {
          if (early === undefined) model.onChange(message);
          else early.push(message);
          // Live curves must not wait for the table.
          if (early !== undefined && message.type === 'trial.started' && message.data.confirms === undefined) {
            model.begin(message.data.number);
          }
        }
        wake();
      },
    });
    return () => {
      round = -1;
      stream.close();
    };
  }, [id, client, model, first, wake, notify]);

  return { model, subscribe, snapshot, ...status };
}

function readInto(model: SearchModel, [table, curves]: Trials, changes: readonly SearchEvent[]): void {
  model.readTable(table, changes);
  model.readCurves(curves);
}

/** The model of one search with its listeners; `first` is what it begins with. */
function createKept(first: Trials | undefined) {
  const model = new SearchModel();
  if (first !== undefined) readInto(model, first, []);
  const listeners = new Set<() => void>();
  let latest: Snapshot = { model, trials: [...model.trials] };
  let { version, seq } = model;
  let due = false;
  let pause = MIN_PAUSE_MS;
  const notify = () => {
    // Views compute everything anew for a new snapshot.
    if (model.version === version) return;
    version = model.version;
    latest = { model, trials: [...model.trials] };
    const begun = performance.now();
    for (const listener of listeners) listener();
    // A task after the microtasks in which React renders and charts draw.
    setTimeout(() => {
      const took = performance.now() - begun;
      const changes = model.seq - seq;
      seq = model.seq;
      pause = Math.min(Math.max(PAUSE_RATIO * took, PAUSE_PER_CHANGE_MS * changes, MIN_PAUSE_MS), MAX_PAUSE_MS);
    });
  };
  /** Notifies after a pause. */
  const wake = () => {
    if (due) return;
    due = true;
    setTimeout(() => {
      due = false;
      notify();
    }, pause);
  };
  return {
    model,
    first,
    wake,
    notify,
    snapshot: () => latest,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The search of a view with its trials. */
export interface Shown {
  readonly search: Search;
  readonly followed: Followed;
}
export const ShownSearch = createContext<Shown | undefined>(undefined);

export function useShown(): Shown & Snapshot & { readonly shot: Snapshot } {
  const shown = useContext(ShownSearch);
  if (shown === undefined) throw new Error('useShown must be used within ShownSearch');
  const { followed } = shown;
  const shot = useSyncExternalStore(followed.subscribe, followed.snapshot);
  return { ...shown, ...shot, shot };
}
