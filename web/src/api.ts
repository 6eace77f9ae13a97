/** What the page asks the service: the routes of docs/api.md, typed by the service's own schemas. */
import type { z } from 'zod';
import type { datasetPageSchema, datasetSchema } from '../../src/api/dataset-schemas.ts';
import type { problemSchema } from '../../src/api/problems.ts';
import type { dryRunSchema, findingsSchema } from '../../src/api/schemas.ts';
import type { Page } from '../../src/searches/ports.ts';
import type { SearchPreflight as Preflight } from '../../src/searches/preflight.ts';
import type { Search, Trial, TrialSummary } from '../../src/searches/records.ts';

export type { History } from '../../src/searches/history.ts';
export type { Importance } from '../../src/searches/importance.ts';
export type { SearchPreflight as Preflight } from '../../src/searches/preflight.ts';
export type { Epoch, Search, SearchEvent, Trial, TrialSummary } from '../../src/searches/records.ts';
export type FoldCurves = Trial['folds'][number];
export type Dataset = z.infer<typeof datasetSchema>;
export type DryRun = z.infer<typeof dryRunSchema>;
export type SearchFindings = z.infer<typeof findingsSchema>;

/** A search that is ready to be begun, and what it shows. */
export interface Example {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly specification: unknown;
}

type ProblemDocument = z.infer<typeof problemSchema>;

/** A refusal of the service, with every fault by its path. */
export class Refusal extends Error {
  readonly status: number;
  readonly faults: readonly { readonly path: string; readonly message: string }[];
  constructor(status: number, { detail, title, faults }: Partial<ProblemDocument>) {
    super(detail ?? title ?? `the service answered ${status}`);
    this.status = status;
    this.faults = faults ?? [];
  }
}

interface Request {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Sent as JSON, or as it is where `type` says what it is. */
  readonly body?: unknown;
  readonly type?: string;
  readonly signal?: AbortSignal;
}

/** The answer to a request; throws `Refusal`, or `TypeError` where the service cannot be reached. */
export async function ask<T>(path: string, { method = 'GET', body, type, signal }: Request = {}): Promise<T> {
  const response = await fetch(path, {
    method,
    ...(signal && { signal }),
    ...(body !== undefined && {
      headers: { 'content-type': type ?? 'application/json' },
      body: type === undefined ? JSON.stringify(body) : (body as BodyInit),
    }),
  });
  if (response.status === 204) return undefined as T;
  const answer = (await response.json().catch((error: unknown) => {
    // What was given up half-way is no answer.
    if (signal?.aborted) throw error;
    return {};
  })) as unknown;
  if (!response.ok) throw new Refusal(response.status, answer as Partial<ProblemDocument>);
  return answer as T;
}

/** `?a=1&b=2` of what is given. */
export function query(parameters: Readonly<Record<string, string | number | undefined | readonly string[]>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

const searchAt = (id: string) => `/v1/searches/${encodeURIComponent(id)}`;

export const api = {
  searches: (filter: { q?: string; state?: string; parent?: string; cursor?: string; limit?: number }) =>
    ask<Page<Search>>(`/v1/searches${query(filter)}`),
  search: (id: string) => ask<Search>(searchAt(id)),
  create: (specification: unknown) => ask<Search>('/v1/searches', { method: 'POST', body: specification }),
  dryRun: (specification: unknown, signal?: AbortSignal) =>
    ask<DryRun>('/v1/searches/dry-run', { method: 'POST', body: specification, ...(signal && { signal }) }),
  preflight: (specification: unknown) =>
    ask<Preflight>('/v1/searches/preflight', { method: 'POST', body: specification }),
  change: (id: string, body: unknown) => ask<Search>(searchAt(id), { method: 'PATCH', body }),
  remove: (id: string) => ask<void>(searchAt(id), { method: 'DELETE' }),
  act: (id: string, verb: 'pause' | 'resume' | 'cancel') => ask<Search>(`${searchAt(id)}/${verb}`, { method: 'POST' }),
  refine: (id: string, body: unknown) => ask<Search>(`${searchAt(id)}/refine`, { method: 'POST', body }),
  trial: (id: string, number: number) => ask<Trial>(`${searchAt(id)}/trials/${number}`),
  actOnTrial: (id: string, number: number, verb: 'pause' | 'resume' | 'cancel' | 'retry') =>
    ask<TrialSummary>(`${searchAt(id)}/trials/${number}/${verb}`, { method: 'POST' }),
  about: <T>(
    id: string,
    what: 'findings' | 'importance' | 'coverage' | 'history' | 'best' | 'table' | 'curves' | 'preflight',
  ) => ask<T>(`${searchAt(id)}/${what}`),
  examples: () => ask<{ items: readonly Example[] }>('/v1/examples'),
  datasets: () => ask<z.infer<typeof datasetPageSchema>>('/v1/datasets'),
  removeDataset: (name: string, force: boolean) =>
    ask<void>(`/v1/datasets/${encodeURIComponent(name)}${force ? '?force=true' : ''}`, { method: 'DELETE' }),
  dataset: (name: string) => ask<Dataset>(`/v1/datasets/${encodeURIComponent(name)}`),
};
