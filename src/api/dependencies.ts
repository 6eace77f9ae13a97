/** The dependencies of the API, created by the composition roots (assembly.ts, tests). */

import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { SplitTask } from '../application/dataset-rows.ts';
import type { Machine } from '../application/dry-run.ts';
import type { MlflowTask } from '../application/exports/mlflow.ts';
import type { ImportSpaceDependencies } from '../application/import-space.ts';
import type { ImportTrialsDependencies } from '../application/import-trials.ts';
import type { ImportanceShares, ImportanceTask } from '../application/importance.ts';
import type { Keyring } from '../application/keyring.ts';
import type { ModelUseAnswer, ModelUseTask } from '../application/models/use-model.ts';
import type { Planner } from '../application/planner.ts';
import type { DatasetStore, FileFetcher } from '../application/ports/dataset-store.ts';
import type { PubSub, TrialQueue } from '../application/ports/messages.ts';
import type { ModelStore } from '../application/ports/model-store.ts';
import type { ProjectStore } from '../application/ports/project-store.ts';
import type { SearchQueries } from '../application/ports/search-queries.ts';
import type { SearchStore } from '../application/ports/search-store.ts';
import type { PreflightTask } from '../application/preflight.ts';
import type { RowWork } from '../application/row-work.ts';
import type { CoverageDependencies } from '../application/search-coverage.ts';
import type { SuggestionDependencies } from '../application/search-findings.ts';
import type { SignIn } from '../application/sign-in.ts';
import type { Tracing } from '../application/tracing.ts';
import type { WhatIfTask } from '../application/what-if.ts';
import type { CompiledKernels } from '../compute/kernels.ts';
import type { Preflight } from '../contract/analysis.ts';
import type { Example } from '../contract/searches.ts';
import type { StorageUsage } from '../contract/usage.ts';
import type { FileReader } from '../data/file-work.ts';
import type { TrialMemory } from '../domain/specification/largest-trial.ts';
import type { DatasetFacts } from '../domain/specification/specification.ts';
import type { Replays } from '../domain/what-if/what-if.ts';
import type { LiveCurves } from './live-curves.ts';
import type { SharedEvents } from './shared-events.ts';

/** A page for operators with what is in the queue. */
export interface QueueBoard {
  /** Adds its routes below `prefix`. `answer` says how an error is answered. */
  register(
    app: FastifyInstance,
    prefix: string,
    answer: (error: Error) => { readonly status: number; readonly body: object },
  ): Promise<void>;
}

/** What keys and addresses use, counted over all processes of the API. */
export interface SharedUse {
  /** Options of @fastify/rate-limit: the client of Redis that has its counters, and the prefix of their names. */
  readonly requests: { readonly redis: object; readonly nameSpace: string };
  /** Counts the websocket `socket` unless `limit` of `key` are open. @returns how many were; undefined if that cannot be known now. */
  openSocket(key: string, socket: string, limit: number): Promise<number | undefined>;
  closeSocket(key: string, socket: string): void;
}

export interface ApiDependencies
  extends Machine,
    Pick<ImportTrialsDependencies, 'observed' | 'readTrials'>,
    Pick<ImportSpaceDependencies, 'readSpace'> {
  readonly store: SearchStore;
  readonly queries: SearchQueries;
  readonly queue: TrialQueue;
  readonly queueBoard: QueueBoard;
  readonly planner: Planner;
  readonly facts: (name: string, hash?: string) => Promise<DatasetFacts | undefined>;
  /** Also logs errors of requests. */
  readonly log: Logger;
  readonly datasets: DatasetStore;
  readonly models: ModelStore;
  /** Writes a store off the event loop. */
  readonly writeMlflowStore: (task: MlflowTask) => Promise<void>;
  readonly projects: ProjectStore;
  /** Predicts and writes files off the event loop. */
  readonly answerUse: (task: ModelUseTask) => Promise<ModelUseAnswer>;
  /** Reads files for previews, off the event loop. */
  readonly files: FileReader;
  /** Reads files from the hosts that an operator allows. */
  readonly fetcher: FileFetcher;
  readonly pubSub: PubSub;
  /** The kernels that this process trains with; the pre-flight uses them too. */
  readonly kernels: CompiledKernels;
  /** The memory limit and estimate of a trial: specifications whose largest trial needs more are refused. */
  readonly memory: TrialMemory;
  /** Computes hyperparameter importance off the event loop. */
  readonly importance: (task: ImportanceTask) => Promise<ImportanceShares>;
  readonly coverage: CoverageDependencies['coverage'];
  readonly suggest: SuggestionDependencies['suggest'];
  /** Reads the rows of data sets for specifications. */
  readonly rowWork: RowWork;
  /** Splits the rows of a trial off the event loop. */
  readonly split: (task: SplitTask) => Promise<readonly Uint8Array[]>;
  /** Replays pruners off the event loop. */
  readonly whatIf: (task: WhatIfTask) => Promise<Replays>;
  /** Runs pre-flight checks off the event loop. */
  readonly preflight: (task: PreflightTask) => Promise<Preflight>;
  /** The example searches. */
  readonly examples: readonly Example[];
  /** Throws if Postgres does not answer, or cannot store for want of room. */
  readonly ping: () => Promise<void>;
  /** Adds the metrics of what this process does, besides answering requests. */
  readonly addMetrics: (registry: Registry) => void;
  readonly tracing: Tracing;
  /** What the database holds. */
  readonly usage: () => Promise<StorageUsage>;
  /** Folder of the page. */
  readonly web: string;
  /** Addresses and networks of proxies, which say who asks (`X-Forwarded-For`, `-Proto`, `-Host`). */
  readonly trustedProxies: readonly string[];
  /** Names by which the service may be reached, besides those of loopback; undefined allows every name. */
  readonly hosts: readonly string[] | undefined;
  readonly keyring: Keyring;
  /** Undefined where each process counts for itself. */
  readonly sharedUse: SharedUse | undefined;
  /** With an identity provider; undefined without one. */
  readonly signIn: SignIn | undefined;
  /** Where browsers reach the service; undefined if that is what they say. */
  readonly publicUrl: string | undefined;
}

/** Additionally what live views share: the epochs of the last seconds, and the newest events. */
export interface LiveDependencies extends ApiDependencies {
  readonly curves: LiveCurves;
  readonly events: SharedEvents;
}
