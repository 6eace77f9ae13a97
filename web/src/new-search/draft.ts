/** A specification while it is written: one JSON text, which the form reads and changes part by part. Pure. */
export type Draft = Readonly<Record<string, unknown>>;

export interface Fault {
  readonly path: string;
  readonly message: string;
}

export function textOf(draft: Draft): string {
  return JSON.stringify(draft, null, 2);
}

/** The draft in a text, or why it is none. */
export function draftOf(text: string): { draft: Draft } | { error: string } {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return { error: 'must be an object' };
    return { draft: parsed as Draft };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** With one part set, or, where it is undefined, left to its default. */
export function withPart(draft: Draft, part: string, value: unknown): Draft {
  const { [part]: _, ...others } = draft;
  if (value === undefined) return others;
  // A part that is there keeps its place in the text.
  return part in draft ? { ...draft, [part]: value } : { ...others, [part]: value };
}

export function partOf(draft: Draft, part: string): Draft {
  const value = draft[part];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Draft) : {};
}

/** The faults of a path and of all below it. */
export function faultsAt(faults: readonly Fault[], path: string): readonly Fault[] {
  return faults.filter(
    (fault) => fault.path === path || fault.path.startsWith(`${path}.`) || fault.path.startsWith(`${path}[`),
  );
}

/** How the form shows a setting. What it cannot show is written in the JSON, and left alone. */
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

/** What a specification that was stored says beyond what its reader would have to write. */
export function leanOf(specification: Draft): Draft {
  const empty = (value: unknown) => Array.isArray(value) && value.length === 0;
  const entries = Object.entries(specification).filter(([, value]) => !empty(value));
  const { stages } = specification;
  const lean = Object.fromEntries(entries);
  if (!Array.isArray(stages) || stages.length === 0) return lean;
  // Stages say how many epochs and trials there are.
  const { epochs: _, ...hyperparameters } = partOf(lean, 'hyperparameters');
  const { trials: __, ...budget } = partOf(lean, 'budget');
  return { ...lean, hyperparameters, budget };
}
