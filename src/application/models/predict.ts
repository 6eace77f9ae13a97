/** Predicts rows with a ready model, and writes its files, in a thread. */
import type { ModelFile, PredictionsAnswer } from '../../contract/models.ts';
import { Problem } from '../../errors.ts';
import type { ModelStore } from '../ports.ts';
import { readyModel } from './find-model.ts';
import type { ModelUse, ModelUseAnswer, ModelUseTask } from './use-model.ts';

export interface UseModelDependencies {
  readonly models: Pick<ModelStore, 'find' | 'document'>;
  readonly answerUse: (task: ModelUseTask) => Promise<ModelUseAnswer>;
}

export async function predict(
  dependencies: UseModelDependencies,
  id: string,
  use: Exclude<ModelUse, { readonly kind: 'file' }>,
): Promise<PredictionsAnswer> {
  const answer = await used(dependencies, id, use);
  if (answer.kind === 'predictions') return answer.predictions as PredictionsAnswer;
  if (answer.kind !== 'invalid') throw new Error(`asked for predictions, got ${answer.kind}`);
  throw new Problem('invalidRequest', `the rows have ${answer.faults.length} faults`, answer.faults);
}

export async function modelFile(dependencies: UseModelDependencies, id: string, file: ModelFile): Promise<Buffer> {
  const answer = await used(dependencies, id, { kind: 'file', file });
  if (answer.kind !== 'file') throw new Error(`asked for a file, got ${answer.kind}`);
  return Buffer.from(answer.bytes);
}

async function used({ models, answerUse }: UseModelDependencies, id: string, use: ModelUse): Promise<ModelUseAnswer> {
  return answerUse({ id, document: await readyModel({ models }, id), use });
}
