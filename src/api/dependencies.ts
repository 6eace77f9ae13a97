/** What the API needs; the composition roots (assembly.ts, tests) put it together. */

import type { Logger } from 'pino';
import type { ImportanceTask } from '../application/importance.ts';
import type { Planner } from '../application/planner.ts';
import type { DatasetStore, PubSub, SearchQueries, SearchStore, TrialQueue } from '../application/ports.ts';
import type { PreflightTask } from '../application/preflight.ts';
import type { Importance, Preflight } from '../contract/analysis.ts';
import type { Example } from '../contract/searches.ts';
import type { FileReader } from '../data/file-work.ts';
import type { TrialMemory } from '../domain/specification/largest-trial.ts';
import type { DatasetFacts } from '../domain/specification/specification.ts';
import type { LiveCurves } from './live-curves.ts';

export interface ApiDependencies {
  readonly store: SearchStore;
  readonly queries: SearchQueries;
  readonly queue: TrialQueue;
  readonly planner: Planner;
  readonly facts: (name: string, hash?: string) => Promise<DatasetFacts | undefined>;
  /** Errors of requests too. */
  readonly log: Logger;
  readonly datasets: DatasetStore;
  /** Reads files that are only looked at, off the event loop. */
  readonly files: FileReader;
  readonly pubSub: PubSub;
  /** Compute threads that are expected to work: for estimates alone. */
  readonly threads: number;
  /** What a trial may take, and would: a specification whose largest trial needs more is refused. */
  readonly memory: TrialMemory;
  /** Works out what mattered, off the event loop. */
  readonly importance: (task: ImportanceTask) => Promise<Importance>;
  /** Checks the networks of a search before they are trained, off the event loop. */
  readonly preflight: (task: PreflightTask) => Promise<Preflight>;
  /** Ready searches. */
  readonly examples: readonly Example[];
  /** Throws where Postgres does not answer. */
  readonly ping: () => Promise<void>;
  /** Folder of the page. */
  readonly web: string;
  /** Whether only this machine is served: then only its own names are answered. */
  readonly loopback: boolean;
}

/** The same with the epochs of the last seconds, for what is live. */
export interface LiveDependencies extends ApiDependencies {
  readonly curves: LiveCurves;
}
