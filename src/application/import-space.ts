/** Reads the search space of a file of another tool; a data set decides which metrics there are. */
import type { ImportRequest } from '../contract/imports.ts';
import { Problem, type ProblemCode, type ValidationIssue } from '../errors.ts';
import { readSpace, type SpaceRequest } from '../imports/read-space.ts';
import type { ImportedSpace } from '../imports/to-specification.ts';
import { findDataset } from './find-dataset.ts';
import type { DatasetStore } from './ports/dataset-store.ts';

export type SpaceAnswer =
  | { readonly kind: 'read'; readonly read: ImportedSpace }
  /** Errors lose their class when posted from a thread. */
  | {
      readonly kind: 'refused';
      readonly code: ProblemCode;
      readonly detail: string;
      readonly issues: readonly ValidationIssue[];
    };

export interface ImportSpaceDependencies {
  readonly datasets: Pick<DatasetStore, 'find'>;
  /** Reads the file off the event loop. */
  readonly readSpace: (request: SpaceRequest) => Promise<SpaceAnswer>;
}

/** In a thread: a text of a megabyte takes a second and more. */
export function answerSpace(request: SpaceRequest): SpaceAnswer {
  try {
    return { kind: 'read', read: readSpace(request) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { kind: 'refused', code: error.code, detail: error.message, issues: error.issues };
  }
}

export async function importSpace(
  dependencies: ImportSpaceDependencies,
  { dataset: name, ...request }: ImportRequest,
): Promise<ImportedSpace> {
  const dataset = name === undefined ? undefined : await findDataset(dependencies, name, undefined);
  const answer = await dependencies.readSpace({
    ...request,
    ...(dataset && { dataset: { name: dataset.name, task: dataset.task } }),
  });
  if (answer.kind === 'read') return answer.read;
  throw new Problem(answer.code, answer.detail, answer.issues);
}
