/** Predicts rows with a ready model, and writes its files, in a thread. */
import type { ModelFile } from '../../contract/models.ts';
import { Problem } from '../../errors.ts';
import type { ModelStore } from '../ports.ts';
import { readyModel } from './find-model.ts';
import type { ModelUse, ModelUseAnswer, ModelUseTask } from './use-model.ts';

export interface UseModelDependencies {
  readonly models: Pick<ModelStore, 'find' | 'document'>;
  readonly answerUse: (task: ModelUseTask) => Promise<ModelUseAnswer>;
}

/** Predictions (contract/models.ts) as JSON in UTF-8, for the body of a request: `{"rows": …}` or CSV. */
export function predict(
  dependencies: UseModelDependencies,
  id: string,
  kind: 'json' | 'csv',
  body: Uint8Array,
): Promise<Buffer> {
  return use(dependencies, id, { kind, body });
}

export function modelFile(dependencies: UseModelDependencies, id: string, file: ModelFile): Promise<Buffer> {
  return use(dependencies, id, { kind: 'file', file });
}

async function use({ models, answerUse }: UseModelDependencies, id: string, what: ModelUse): Promise<Buffer> {
  const answer = await answerUse({ id, document: await readyModel({ models }, id), use: what });
  if (answer.kind === 'bytes') return Buffer.from(answer.bytes);
  const { code, faults } = answer;
  const [first] = faults;
  const detail =
    faults.length === 1 && first ? `${first.path}: ${first.message}` : `the rows have ${faults.length} faults`;
  throw new Problem(code, detail, faults);
}
