/** Follows one search: applies stream messages to the model, and notifies views with pauses that leave the browser mostly idle. */
import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { SearchMessage } from '../../../src/contract/stream.ts';
import { Refusal, type Search, type SearchEvent } from '../api.ts';
import { type Connection, openStream } from '../live.ts';
import { upsertSearch } from '../overview.ts';
import { SearchModel, type TrialRow } from './model.ts';
import { readTrials, type Trials, takeAhead } from './reading-ahead.ts';

/** The pause before an update of the views is so many times as long as the last update took: updates take at most a fifth of a core. */
const PAUSE_RATIO = 4;
/** And at least so long for each change of a trial since then: where more than a hundred change in a second, painting costs most. */
const PAUSE_PER_CHANGE_MS = 10;
const MIN_PAUSE_MS = 30;
const MAX_PAUSE_MS = 500;

export interface Followed {
  readonly model: SearchModel;
  readonly connection: Connection;
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
  const [status, setStatus] = useState<Pick<Followed, 'connection' | 'ready' | 'error' | 'removed'>>({
    connection: 'connecting',
    ready: false,
    error: undefined,
    removed: false,
  });
  const kept = useRef<ReturnType<typeof createKept> | undefined>(undefined);
  kept.current ??= createKept();
  const { model, subscribe, snapshot, wake } = kept.current;

  useEffect(() => {
    /** Changes that arrive while the table is read; the model skips those that are in the table. */
    let early: SearchEvent[] | undefined = [];
    let round = 0;
    let shown: Trials | undefined;
    const show = (trials: Trials, changes: readonly SearchEvent[]) => {
      const [table, curves] = trials;
      model.readTable(table, changes);
      model.readCurves(curves);
      shown = trials;
      setStatus((before) => ({ ...before, ready: true, error: undefined }));
      wake();
    };
    // They are shown at once; the stream says whether they are the newest.
    const ahead = takeAhead(id).then((trials) => {
      if (trials !== undefined && round === 0) show(trials, []);
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
      } catch (error) {
        // On a lost connection the stream reconnects, and this runs again.
        if (error instanceof Refusal) setStatus((before) => ({ ...before, error }));
      }
    };
    const stream = openStream<SearchMessage>(`/v1/searches/${id}/events`, {
      onConnection: (connection) => setStatus((before) => ({ ...before, connection })),
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
  }, [id, client, model, wake]);

  return { model, subscribe, snapshot, ...status };
}

function createKept() {
  const model = new SearchModel();
  const listeners = new Set<() => void>();
  let latest: Snapshot = { model, trials: [] };
  let due = false;
  let pause = MIN_PAUSE_MS;
  let seq = 0;
  const wake = () => {
    if (due) return;
    due = true;
    setTimeout(() => {
      due = false;
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
    }, pause);
  };
  return {
    model,
    wake,
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
