/** The API client of the page, typed by the contract. */
import { useSyncExternalStore } from 'react';
import { requestLine, type Target } from '../../src/client/request.ts';
import type { Answer, EndpointName, Query } from '../../src/contract/http.ts';
import type { ImportRequest } from '../../src/contract/imports.ts';
import type { NewModelRequest } from '../../src/contract/models.ts';
import type { ProblemDocument } from '../../src/contract/problem.ts';
import type { Trial } from '../../src/domain/trial.ts';

export type { History, Importance, Preflight, SearchFindings } from '../../src/contract/analysis.ts';
export type { Import, ImportedTrials } from '../../src/contract/imports.ts';
export type { NewModelRequest as NewModel, PredictionsAnswer as Predictions } from '../../src/contract/models.ts';
export type { DryRun } from '../../src/contract/searches.ts';
export type { ModelMessage } from '../../src/contract/stream.ts';
export type { Curves, Table } from '../../src/contract/trials.ts';
export type { WhatIf } from '../../src/contract/what-if.ts';
export type { DatasetSummary as Dataset } from '../../src/domain/dataset-record.ts';
export type { Epoch, SearchEvent } from '../../src/domain/events.ts';
export type { ModelRecord } from '../../src/domain/model-record.ts';
export type { Search } from '../../src/domain/search.ts';
export type { Trial, TrialSummary } from '../../src/domain/trial.ts';
export type FoldCurves = Trial['folds'][number];

/** An error response of the service with all its issues. */
export class Refusal extends Error {
  readonly status: number;
  readonly issues: ProblemDocument['faults'];
  constructor(status: number, { detail, title, faults }: Partial<ProblemDocument>) {
    super(detail ?? title ?? `the service answered ${status}`);
    this.status = status;
    this.issues = faults ?? [];
  }
}

const UNAUTHORIZED = 401;
let isSignedOut = false;
const listeners = new Set<() => void>();

/** Whether the service has refused a request for lack of an API key. */
export function useSignedOut(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isSignedOut,
  );
}

function noteSignedOut(): void {
  isSignedOut = true;
  for (const listener of listeners) listener();
}

interface Sent {
  /** Sent as JSON, or as it is if `type` is given. */
  readonly body?: unknown;
  readonly type?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Sends a request; throws `Refusal`, or `TypeError` if the service cannot be reached. */
async function ask<Name extends EndpointName>(
  name: Name,
  target: Target<Name>,
  { body, type, signal }: Sent = {},
): Promise<Answer<Name>> {
  const { method, path } = requestLine(name, target);
  const response = await fetch(path, {
    method,
    ...(signal && { signal }),
    ...(body !== undefined && {
      headers: { 'content-type': type ?? 'application/json' },
      body: type === undefined ? JSON.stringify(body) : (body as BodyInit),
    }),
  });
  if (response.status === 204) return undefined as Answer<Name>;
  const answer = (await response.json().catch((error: unknown) => {
    // The response of an aborted request must not be used.
    if (signal?.aborted) throw error;
    return {};
  })) as unknown;
  if (response.status === UNAUTHORIZED && name !== 'POST /v1/session') noteSignedOut();
  if (!response.ok) throw new Refusal(response.status, answer as Partial<ProblemDocument>);
  return answer as Answer<Name>;
}

type About = 'findings' | 'what-if' | 'coverage' | 'history' | 'best' | 'table' | 'curves' | 'preflight';
type TransitionVerb = 'pause' | 'resume' | 'cancel';

export const api = {
  session: () => ask('GET /v1/session', {}),
  signInMethods: () => ask('GET /v1/session/methods', {}),
  signIn: (key: string) => ask('POST /v1/session', {}, { body: { key } }),
  signOut: () => ask('DELETE /v1/session', {}),
  searches: (query: Query<'GET /v1/searches'>) => ask('GET /v1/searches', { query }),
  search: (id: string) => ask('GET /v1/searches/:id', { params: { id } }),
  create: (specification: unknown) => ask('POST /v1/searches', {}, { body: specification }),
  dryRun: (specification: unknown, signal?: AbortSignal) =>
    ask('POST /v1/searches/dry-run', {}, { body: specification, signal }),
  /** The service checks the names of the mapping. */
  importSpace: (file: Pick<ImportRequest, 'text' | 'file' | 'dataset'> & { readonly names: object }) =>
    ask('POST /v1/imports', {}, { body: file }),
  importTrials: (query: Query<'POST /v1/imports/trials'>, file: Blob) =>
    ask('POST /v1/imports/trials', { query }, { type: 'application/octet-stream', body: file }),
  preflight: (specification: unknown) => ask('POST /v1/searches/preflight', {}, { body: specification }),
  change: (id: string, body: unknown) => ask('PATCH /v1/searches/:id', { params: { id } }, { body }),
  annotateTrial: (id: string, number: number, body: unknown) =>
    ask('PATCH /v1/searches/:id/trials/:number', { params: { id, number } }, { body }),
  tagTrials: (id: string, body: unknown) => ask('PATCH /v1/searches/:id/trials', { params: { id } }, { body }),
  remove: (id: string) => ask('DELETE /v1/searches/:id', { params: { id } }),
  act: (id: string, verb: TransitionVerb) => ask(`POST /v1/searches/:id/${verb}`, { params: { id } }),
  dryRunRefinement: (id: string, body: unknown, signal?: AbortSignal) =>
    ask('POST /v1/searches/:id/refine/dry-run', { params: { id } }, { body, signal }),
  refine: (id: string, body: unknown) => ask('POST /v1/searches/:id/refine', { params: { id } }, { body }),
  trial: (id: string, number: number) => ask('GET /v1/searches/:id/trials/:number', { params: { id, number } }),
  actOnTrial: (id: string, number: number, verb: TransitionVerb | 'retry') =>
    ask(`POST /v1/searches/:id/trials/:number/${verb}`, { params: { id, number } }),
  about: <What extends About>(id: string, what: What) =>
    ask<`GET /v1/searches/:id/${What}`>(`GET /v1/searches/:id/${what}`, { params: { id } } as never),
  importance: (id: string, epochs: number | 'complete' | undefined) =>
    ask('GET /v1/searches/:id/importance', { params: { id }, query: epochs === undefined ? {} : { epochs } }),
  createModel: (id: string, model: NewModelRequest) =>
    ask('POST /v1/searches/:id/models', { params: { id } }, { body: model }),
  models: (query: Query<'GET /v1/models'>) => ask('GET /v1/models', { query }),
  model: (id: string) => ask('GET /v1/models/:id', { params: { id } }),
  changeModel: (id: string, body: unknown) => ask('PATCH /v1/models/:id', { params: { id } }, { body }),
  removeModel: (id: string) => ask('DELETE /v1/models/:id', { params: { id } }),
  predict: (id: string, rows: readonly unknown[]) =>
    ask('POST /v1/models/:id/predict', { params: { id } }, { body: { rows } }),
  projects: () => ask('GET /v1/projects', {}),
  examples: () => ask('GET /v1/examples', {}),
  datasets: () => ask('GET /v1/datasets', {}),
  dataset: (name: string) => ask('GET /v1/datasets/:name', { params: { name } }),
  /** `file`: its content, or its address. */
  upload: (query: Query<'POST /v1/datasets'>, file: Blob | string) =>
    typeof file === 'string'
      ? ask('POST /v1/datasets', { query: { ...query, url: file } })
      : ask('POST /v1/datasets', { query }, { type: 'application/octet-stream', body: file }),
  preview: (query: Query<'POST /v1/datasets/preview'>, file: Blob | string, signal: AbortSignal) =>
    typeof file === 'string'
      ? ask('POST /v1/datasets/preview', { query: { ...query, url: file } }, { signal })
      : ask('POST /v1/datasets/preview', { query }, { type: 'application/octet-stream', body: file, signal }),
  removeDataset: (name: string, force: boolean) =>
    ask('DELETE /v1/datasets/:name', { params: { name }, query: { force: force ? 'true' : undefined } }),
};
