/** What only our own export of a journal has (application/optuna-journal.ts): attributes of a search and of its trials. */
import { MAX_TAGS, searchNotesSchema, tagSchema, trialNotesSchema } from '../../domain/annotations.ts';
import { circularConditionIssues, conditionIssues } from '../../domain/specification/conditions.ts';
import { hyperparametersSchema, readableOf } from '../../domain/specification/hyperparameters.ts';
import type { Settings } from '../../domain/specification/settings.ts';
import { resolvedSpecificationSchema } from '../../domain/specification/specification.ts';
import { maybeNumber, textOf } from '../fields.ts';
import type { SourceTrial, SourceTrials } from './source-trials.ts';

type Attributes = ReadonlyMap<string, unknown>;

export function isOwnStudy(attributes: Attributes): boolean {
  return ['search', 'dataset', 'specification'].every((name) => typeof attributes.get(name) === 'string');
}

/** Notes, tags and, of a search without stages, the space as it was searched: with conditions and steps, which a journal does not have. */
export function ownStudy(attributes: Attributes): Pick<SourceTrials, 'searchNotes' | 'searchTags' | 'own'> {
  const specification = specificationIn(textOf(attributes.get('specification')) ?? '');
  const notes = searchNotesSchema.safeParse(attributes.get('notes'));
  return {
    ...(notes.success && { searchNotes: notes.data }),
    searchTags: tagsIn(attributes.get('tags')),
    ...(specification && { own: specification }),
  };
}

function specificationIn(text: string): SourceTrials['own'] {
  const parsed = resolvedSpecificationSchema.safeParse(jsonIn(text));
  if (!parsed.success || parsed.data.stages.length > 0 || parsed.data.observed !== undefined) return undefined;
  const { hyperparameters, validation } = parsed.data;
  // The file may have been changed: no space that could not be searched here.
  const checked = hyperparametersSchema.safeParse(hyperparameters);
  if (!checked.success || conditionIssues(hyperparameters, readableOf(hyperparameters), false).length > 0)
    return undefined;
  const settings = hyperparameters as Settings;
  return circularConditionIssues(settings).length > 0 ? undefined : { hyperparameters: settings, validation };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function tagsIn(value: unknown): readonly string[] {
  const words = (textOf(value) ?? '').split(' ');
  return words.flatMap((word) => tagSchema.safeParse(word).data ?? []).slice(0, MAX_TAGS);
}

/** Optuna has no trials that diverged or were cancelled: the journal has them as failed. */
export function ownTrial(trial: SourceTrial, attributes: Attributes): SourceTrial {
  const state = attributes.get('state');
  const notes = trialNotesSchema.safeParse(attributes.get('notes'));
  const isDiverged = state === 'complete' && attributes.get('outcome') === 'diverged';
  return {
    ...trial,
    ...(trial.state === 'failed' && isDiverged && { state: 'complete' as const }),
    ...(trial.state === 'failed' && state === 'cancelled' && { state }),
    ...(trial.state === 'failed' && { reason: undefined }),
    ...defined({ reason: textOf(attributes.get('reason')) }),
    ...defined({
      deviation: maybeNumber(attributes.get('deviation')),
      durationMs: maybeNumber(attributes.get('durationMs')),
      epochs: epochsIn(attributes.get('epochs')),
    }),
    ...(notes.success && { notes: notes.data }),
    tags: tagsIn(attributes.get('tags')),
  };
}

const MAX_EPOCHS = 1_000_000;

function epochsIn(value: unknown): number | undefined {
  const epochs = maybeNumber(value);
  return epochs !== undefined && Number.isInteger(epochs) && epochs >= 0 && epochs <= MAX_EPOCHS ? epochs : undefined;
}

function defined<T extends object>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>;
}
