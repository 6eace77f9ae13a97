/** Notes and tags of searches and trials: what people write about them. They change no result. */
import { z } from 'zod';

export const MAX_TAGS = 20;

export const tagSchema = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._:/+-]{0,49}$/u, {
    error: 'must be 1 to 50 letters, digits or . _ : / + -, starting with a letter or a digit',
  });
export const tagsSchema = z.array(tagSchema).max(MAX_TAGS).readonly();

/** Text of several lines, without other control characters. */
function notesOf(length: number) {
  return (
    z
      .string()
      .max(length)
      // As ranges and not as \p{Cc}: tools that read the OpenAPI document do not all know properties of characters.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
      .regex(/^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$/, { error: 'must have no control characters' })
  );
}
export const searchNotesSchema = notesOf(10_000);
export const trialNotesSchema = notesOf(2_000);

/** A change of notes and tags; what is undefined stays. */
export interface Annotation {
  readonly notes?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly addTags?: readonly string[] | undefined;
  readonly removeTags?: readonly string[] | undefined;
}

export interface Annotated {
  readonly notes: string;
  readonly tags: readonly string[];
}

/** The notes and tags after a change, every tag once; the same object if nothing changes. */
export function annotated(before: Annotated, { notes, tags, addTags = [], removeTags = [] }: Annotation): Annotated {
  const kept = [...(tags ?? before.tags), ...addTags].filter((tag) => !removeTags.includes(tag));
  const after = { notes: notes ?? before.notes, tags: [...new Set(kept)] };
  return JSON.stringify(after) === JSON.stringify({ notes: before.notes, tags: before.tags }) ? before : after;
}
