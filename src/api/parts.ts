/** What the API is made of; the composition roots (server.ts, the command line, tests) put it together. */

import type { Logger } from 'pino';
import type { FileReader } from '../data/file-work.ts';
import type { Example } from '../searches/examples.ts';
import type { Importance, ImportanceTask } from '../searches/importance.ts';
import type { Planner } from '../searches/planner.ts';
import type {
  DatasetStore,
  NoticeBoard,
  SearchQueries,
  SearchStore,
  TrialMemory,
  TrialQueue,
} from '../searches/ports.ts';
import type { PreflightTask, SearchPreflight } from '../searches/preflight.ts';
import type { DatasetFacts } from '../searches/specification.ts';

export interface ApiParts {
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
  readonly board: NoticeBoard;
  /** Compute threads that are expected to work: for estimates alone. */
  readonly threads: number;
  /** What a trial may take, and would: a specification whose largest trial needs more is refused. */
  readonly memory: TrialMemory;
  /** Works out what mattered, off the event loop. */
  readonly importance: (task: ImportanceTask) => Promise<Importance>;
  /** Checks the networks of a search before they are trained, off the event loop. */
  readonly preflight: (task: PreflightTask) => Promise<SearchPreflight>;
  /** Ready searches. */
  readonly examples: readonly Example[];
  /** Throws where Postgres does not answer. */
  readonly ping: () => Promise<void>;
  /** Folder of the page. */
  readonly web: string;
  /** Whether only this machine is served: then only its own names are answered. */
  readonly loopback: boolean;
}
