/** From rows to records. */

import { type Confirmation, confirmedBest } from '../../domain/confirmation.ts';
import type { SearchEvent } from '../../domain/events.ts';
import { type Confirms, originalOf } from '../../domain/runs.ts';
import { type Search, searchSchema } from '../../domain/search.ts';
import { fixedOf, inDisplayOrder, settingsOf } from '../../domain/specification/hyperparameters.ts';
import type { Specification } from '../../domain/specification/specification.ts';
import { type BegunStage, stagesOf } from '../../domain/stages.ts';
import { changeDataOf } from '../../domain/stored.ts';
import { sourceOf, type Trial, type TrialSummary } from '../../domain/trial.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { EventRow } from './packed-events.ts';
import { measurementsOf, type PackedRow } from './packed-trials.ts';

/** A row of `searches` as a raw query gives it (`searchColumns`). */
export interface SearchRow {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly state: string;
  readonly specification: unknown;
  readonly warnings: unknown;
  readonly dataset: string;
  readonly dataset_hash: string;
  readonly total: number;
  readonly planned: number;
  readonly waiting: number;
  readonly running: number;
  readonly complete: number;
  readonly pruned: number;
  readonly failed: number;
  readonly paused: number;
  readonly cancelled: number;
  readonly diverged: number;
  readonly best_value: number | null;
  readonly best_number: number | null;
  readonly best_stage: number;
  readonly improvements: unknown;
  readonly baselines: unknown;
  readonly found: unknown;
  readonly stages: unknown;
  readonly confirmation: unknown;
  readonly epochs: bigint;
  readonly ended_by: string | null;
  readonly parent_id: string | null;
  readonly traceparent: string | null;
  readonly event_seq: number;
  readonly history_version: number;
  readonly failure: string | null;
  readonly notes: string;
  readonly tags: readonly string[];
  readonly created_at: Date;
  readonly finished_at: Date | null;
  readonly signals_removed_at: Date | null;
  readonly curves_removed_at: Date | null;
  readonly events_removed_at: Date | null;
  readonly audit_removed_at: Date | null;
}

const columnsOfSearches: Record<keyof SearchRow, true> = {
  id: true,
  name: true,
  project: true,
  state: true,
  specification: true,
  warnings: true,
  dataset: true,
  dataset_hash: true,
  total: true,
  planned: true,
  waiting: true,
  running: true,
  complete: true,
  pruned: true,
  failed: true,
  paused: true,
  cancelled: true,
  diverged: true,
  best_value: true,
  best_number: true,
  best_stage: true,
  improvements: true,
  baselines: true,
  found: true,
  stages: true,
  confirmation: true,
  epochs: true,
  ended_by: true,
  parent_id: true,
  traceparent: true,
  event_seq: true,
  history_version: true,
  failure: true,
  notes: true,
  tags: true,
  created_at: true,
  finished_at: true,
  signals_removed_at: true,
  curves_removed_at: true,
  events_removed_at: true,
  audit_removed_at: true,
};

/**
 * What statements select, never `*`: a migration of a newer version adds columns while processes of this one run, and Postgres refuses a prepared
 * statement whose result has other columns than before (docs/decisions/0028-two-versions-at-once.md).
 */
export const searchColumns = Prisma.raw(
  Object.keys(columnsOfSearches)
    .map((name) => `searches.${name}`)
    .join(', '),
);

/** jsonb keeps no order of keys; people expect the table's. */
function inOrder<T>(hyperparameters: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(inDisplayOrder(hyperparameters).map((name) => [name, hyperparameters[name]!]));
}

function specificationOf(stored: unknown): Specification {
  // Written by create alone, after validation; those of before there was `enqueue` or `stages` have none.
  const {
    enqueue = [],
    stages = [],
    hyperparameters,
    sampler,
    validation,
    ...others
  } = stored as Omit<Specification, 'enqueue' | 'stages'> & Partial<Specification>;
  return {
    ...others,
    // A grid that was stored before there was a choice goes on through the points it had (docs/decisions/0016-exact-grids.md).
    sampler: sampler.type === 'grid' ? { ...sampler, exact: sampler.exact ?? false } : sampler,
    // So were splits before there were repeats.
    validation: { ...validation, repeats: validation.repeats ?? 1 },
    stages,
    hyperparameters: inOrder(hyperparameters),
    enqueue: enqueue.map(inOrder),
  };
}

/** What a run of a confirmation repeats; nothing for a trial. */
export function markIn({ confirms, repeat }: { readonly confirms: number | null; readonly repeat: number | null }): {
  readonly confirms?: Confirms;
} {
  return confirms === null || repeat === null ? {} : { confirms: { trial: confirms, repeat } };
}

const stateSchema = searchSchema.shape.state;
const endedBySchema = searchSchema.shape.endedBy;

export function searchOf(row: SearchRow): Search {
  const { total, planned, waiting, running, paused, complete, pruned, failed, cancelled, diverged } = row;
  const confirmation = (row.confirmation as Confirmation | null) ?? undefined;
  const confirmed = confirmedBest(confirmation);
  return {
    id: row.id,
    name: row.name,
    project: row.project,
    state: stateSchema.parse(row.state),
    specification: specificationOf(row.specification),
    warnings: row.warnings as Search['warnings'],
    dataset: { name: row.dataset, hash: row.dataset_hash },
    trials: { total, planned, waiting, running, paused, complete, pruned, failed, cancelled, diverged },
    best:
      row.best_number === null || row.best_value === null
        ? null
        : {
            ...{ number: row.best_number, value: row.best_value, stage: row.best_stage },
            ...(confirmed && { confirmed }),
          },
    improvements: row.improvements as Search['improvements'],
    baselines: row.baselines as Search['baselines'],
    found: row.found as Search['found'],
    stages: (row.stages as BegunStage[]).map((stage) => ({
      ...stage,
      hyperparameters: inOrder(stage.hyperparameters),
    })),
    ...(confirmation && { confirmation }),
    epochs: Number(row.epochs),
    parent: row.parent_id,
    ...(row.traceparent !== null && { traceparent: row.traceparent }),
    endedBy: endedBySchema.parse(row.ended_by),
    seq: row.event_seq,
    failure: row.failure,
    notes: row.notes,
    tags: row.tags,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    removed: {
      signals: row.signals_removed_at?.toISOString() ?? null,
      curves: row.curves_removed_at?.toISOString() ?? null,
      events: row.events_removed_at?.toISOString() ?? null,
      audit: row.audit_removed_at?.toISOString() ?? null,
    },
  };
}

/** The columns of a trial in a list: all but the curves, which may be long. */
export interface TrialRow {
  readonly number: number;
  readonly confirms: number | null;
  readonly repeat: number | null;
  readonly state: string;
  readonly stage: number;
  readonly rung: number;
  readonly verdict: unknown;
  readonly found: readonly string[];
  readonly attempt: number;
  readonly hyperparameters: unknown;
  readonly value: number | null;
  readonly deviation: number | null;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly epochs: number;
  readonly duration_ms: number | null;
  readonly worker: string | null;
  readonly result_hash: string | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly notes: string;
  readonly tags: readonly string[];
}

export function trialSummaryOf(row: TrialRow, { specification }: Pick<Search, 'specification'>): TrialSummary {
  return {
    number: row.number,
    ...markIn(row),
    source: sourceOf(originalOf({ number: row.number, ...markIn(row) }), specification),
    stage: row.stage,
    rung: row.rung,
    verdict: row.verdict as TrialSummary['verdict'],
    found: row.found as TrialSummary['found'],
    state: row.state as TrialSummary['state'],
    attempt: row.attempt,
    hyperparameters: inOrder(row.hyperparameters as TrialSummary['hyperparameters']),
    value: row.value,
    deviation: row.deviation,
    outcome: row.outcome as TrialSummary['outcome'],
    reason: row.reason,
    epochs: row.epochs,
    durationMs: row.duration_ms,
    worker: row.worker,
    resultHash: row.result_hash,
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
    notes: row.notes,
    tags: row.tags,
  };
}

export function trialOf(row: TrialRow & PackedRow & { readonly kernels: string | null }, search: Search): Trial {
  const summary = trialSummaryOf(row, search);
  // A trial exists only where its stage has begun.
  const { hyperparameters } = stagesOf(search)[row.stage]!;
  return {
    ...summary,
    settings: search.specification.observed
      ? { ...fixedOf(hyperparameters), ...summary.hyperparameters }
      : { ...settingsOf(hyperparameters, summary.hyperparameters) },
    ...measurementsOf(row),
    kernels: row.kernels,
  };
}

export function eventOf(row: EventRow): SearchEvent {
  const event = {
    seq: row.seq,
    at: row.at.toISOString(),
    ...(row.by !== null && { by: row.by }),
    type: row.type,
    data: changeDataOf(row.type, row.data),
  } as SearchEvent;
  if (event.type !== 'trial.started') return event;
  return { ...event, data: { ...event.data, hyperparameters: inOrder(event.data.hyperparameters) } };
}
