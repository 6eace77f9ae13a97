/** Keeps the draft of a new search while its tab is open, so that leaving the form loses nothing. One per template or data set it was begun from. */

import { type Draft, draftOf, textOf } from './draft.ts';

const keyOf = (origin: string) => `hypersearch.draft ${origin}`;

export function storedDraft(origin: string): Draft | undefined {
  const text = sessionStorage.getItem(keyOf(origin));
  const read = text === null ? undefined : draftOf(text);
  return read !== undefined && 'draft' in read ? read.draft : undefined;
}

/** Forgets it if `draft` is undefined. */
export function storeDraft(origin: string, draft: Draft | undefined): void {
  if (draft === undefined) sessionStorage.removeItem(keyOf(origin));
  else sessionStorage.setItem(keyOf(origin), textOf(draft));
}
