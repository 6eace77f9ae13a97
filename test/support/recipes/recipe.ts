/** A recipe of CONTRIBUTING.md and a way to follow it. */
import type { SourceCopy } from '../source-copy.ts';

export interface Recipe {
  /** As CONTRIBUTING.md heads it. */
  readonly title: string;
  readonly most: number;
  /** What stands in the recipe for what is chosen here. */
  readonly names: Readonly<Record<string, string>>;
  follow(copy: SourceCopy): Promise<void>;
}
