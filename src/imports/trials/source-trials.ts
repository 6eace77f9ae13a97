/** Finished trials as a file of another tool has them, in that tool's names. Pure. */
import type { Direction } from '../../algorithms/objective.ts';
import type { Value } from '../../algorithms/space/space.ts';
import type { TrialFormat } from '../../domain/specification/observed.ts';
import type { Settings } from '../../domain/specification/settings.ts';
import type { Specification } from '../../domain/specification/specification.ts';
import { Problem } from '../../errors.ts';
import type { Reading } from '../imported-space.ts';

/** Bytes. */
export const MAX_TRIALS_FILE = 32 * 1024 * 1024;
export const MAX_TRIALS = 100_000;
export const MAX_HYPERPARAMETERS = 500;
/** Of names and of values that are words. */
export const MAX_TEXT = 200;

export interface SourceTrial {
  /** Where it is in the file. */
  readonly place: string;
  /** Unfinished trials are cancelled: nothing more will come of them here. */
  readonly state: 'complete' | 'pruned' | 'failed' | 'cancelled';
  /** null of a complete trial: it was not finite. Of a pruned one: the latest. */
  readonly value: number | null;
  /** Of its values over folds (n − 1). */
  readonly deviation?: number | undefined;
  readonly reason?: string | undefined;
  readonly point: ReadonlyMap<string, Value>;
  /** Milliseconds since 1970. */
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  readonly durationMs?: number | undefined;
  /** Values of the objective by step, those that were not finite as null. */
  readonly steps?: ReadonlyMap<number, number | null> | undefined;
  /** Only of our own export. */
  readonly epochs?: number | undefined;
  readonly notes?: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

export interface Note {
  /** In the file; empty for the whole. */
  readonly name: string;
  readonly text: string;
}

export interface SourceTrials {
  readonly format: TrialFormat;
  /** Of the study or sweep. */
  readonly name?: string | undefined;
  readonly objective: { readonly metric: string; readonly direction: Direction };
  /** In the order of their numbers, which are 0, 1, …. */
  readonly trials: readonly SourceTrial[];
  /** Of those that the file describes; others are inferred from what was observed. */
  readonly distributions: ReadonlyMap<string, Reading>;
  /** Only of our own export: the hyperparameters as they were searched, and the validation. */
  readonly own?: { readonly hyperparameters: Settings; readonly validation: Specification['validation'] } | undefined;
  /** Over which values are means. */
  readonly folds?: number | undefined;
  readonly searchNotes?: string | undefined;
  readonly searchTags?: readonly string[] | undefined;
  readonly notes: readonly Note[];
}

/** What the request says of the file. */
export interface Asked {
  /** The column, or the name of the objective. */
  readonly metric?: string | undefined;
  readonly direction?: Direction | undefined;
  /** Of a file with several. */
  readonly study?: string | undefined;
  /** Names of hyperparameters, which decide which columns are some. */
  readonly named: readonly string[];
}

/** The error for a file, or for what was asked of it. */
export function refusedFile(path: string, message: string): Problem {
  return new Problem('invalidRequest', path === '' ? message : `${path}: ${message}`, [{ path, message }]);
}

const MAX_LISTED = 20;

export function listed(names: readonly string[]): string {
  const some = names.slice(0, MAX_LISTED).join(', ');
  return names.length > MAX_LISTED ? `${some}, … (${names.length})` : some;
}
