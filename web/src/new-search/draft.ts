/** A draft of a specification: one JSON text that the form reads and edits. Pure. */
export type Draft = Readonly<Record<string, unknown>>;

export interface ValidationIssue {
  readonly path: string;
  readonly message: string;
}

export function textOf(draft: Draft): string {
  return JSON.stringify(draft, null, 2);
}

/** Parses a draft, or returns the error. */
export function draftOf(text: string): { draft: Draft } | { error: string } {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return { error: 'must be an object' };
    return { draft: parsed as Draft };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** Sets one part, or removes it if undefined. */
export function withPart(draft: Draft, part: string, value: unknown): Draft {
  const { [part]: _, ...others } = draft;
  if (value === undefined) return others;
  // An existing part keeps its place in the text.
  return part in draft ? { ...draft, [part]: value } : { ...others, [part]: value };
}

export function partOf(draft: Draft, part: string): Draft {
  const value = draft[part];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Draft) : {};
}

/** A new search has test rows if its data set has at least so many rows: with fewer, they measure too little and are missed in training. */
const TESTED_ROWS = 200;
const TEST_SHARE = 0.2;

/** Test rows as they suit a data set that was just chosen; a share that somebody typed stays. */
export function withTestRows(draft: Draft, rows: number | undefined): Draft {
  const validation = partOf(draft, 'validation');
  const { test } = validation;
  if (rows === undefined) return draft;
  if (rows >= TESTED_ROWS && test === undefined) {
    return withPart(draft, 'validation', { ...validation, test: TEST_SHARE });
  }
  if (rows >= TESTED_ROWS || test !== TEST_SHARE) return draft;
  const without = withPart(validation, 'test', undefined);
  return withPart(draft, 'validation', Object.keys(without).length === 0 ? undefined : without);
}

/** The issues of a path and of all below it. */
export function issuesAt(issues: readonly ValidationIssue[], path: string): readonly ValidationIssue[] {
  return issues.filter(
    (issue) => issue.path === path || issue.path.startsWith(`${path}.`) || issue.path.startsWith(`${path}[`),
  );
}

/** How the form shows a setting. Settings it cannot show are kept as JSON. */
export type Mode = 'default' | 'value' | 'range' | 'choices' | 'json';

export function modeOf(setting: unknown): Mode {
  if (setting === undefined) return 'default';
  if (typeof setting !== 'object' || setting === null) return 'value';
  if (Array.isArray(setting)) return 'json';
  const { distribution } = setting as { distribution?: unknown };
  return distribution === 'categorical'
    ? 'choices'
    : distribution === 'float' || distribution === 'int'
      ? 'range'
      : 'json';
}

/** Removes defaults from a stored specification. */
export function leanOf(specification: Draft): Draft {
  const empty = (value: unknown) => Array.isArray(value) && value.length === 0;
  const entries = Object.entries(specification).filter(([, value]) => !empty(value));
  const { stages } = specification;
  const lean = Object.fromEntries(entries);
  if (!Array.isArray(stages) || stages.length === 0) return lean;
  // With stages, epochs and trials are set by the stages.
  const { epochs: _, ...hyperparameters } = partOf(lean, 'hyperparameters');
  const { trials: __, ...budget } = partOf(lean, 'budget');
  return { ...lean, hyperparameters, budget };
}
