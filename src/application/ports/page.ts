/** The type of a page of a list. */

/** A page of a list; the next page starts at cursor `next`. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
