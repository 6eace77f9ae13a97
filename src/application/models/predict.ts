/** Predicts rows with a ready model, and writes its files, in a thread. */
import { LRUCache } from 'lru-cache';
import type { ModelFile } from '../../contract/models.ts';
import { Problem } from '../../errors.ts';
import type { ModelStore } from '../ports/model-store.ts';
import { findModel, readyModel } from './find-model.ts';
import type { ModelUse, ModelUseAnswer, ModelUseTask } from './use-model.ts';

export interface UseModelDependencies {
  readonly models: Pick<ModelStore, 'find' | 'document'>;
  readonly answerUse: (task: ModelUseTask) => Promise<ModelUseAnswer>;
}

export type PredictBody = Exclude<ModelUse, { readonly kind: 'file' }>;

/** Predictions (contract/models.ts) as JSON in UTF-8, for the body of a request: `{"rows": …}` or CSV. */
export async function predict(
  dependencies: UseModelDependencies,
  id: string,
  body: PredictBody,
  { explain }: { readonly explain: boolean },
): Promise<Buffer> {
  const predictions = await use(dependencies, id, body);
  if (!explain) return predictions;
  const { facts } = await findModel(dependencies, id);
  const importance = `,"importance":${JSON.stringify(facts?.importance)}}`;
  return Buffer.concat([predictions.subarray(0, -1), Buffer.from(importance)]);
}

export function modelFile(
  dependencies: UseModelDependencies,
  id: string,
  file: ModelFile,
  foldsBatchNorm = false,
): Promise<Buffer> {
  return use(dependencies, id, { kind: 'file', file, foldsBatchNorm });
}

async function use(dependencies: UseModelDependencies, id: string, what: ModelUse): Promise<Buffer> {
  const answer = await dependencies.answerUse({ id, document: await documentOf(dependencies, id), use: what });
  if (answer.kind === 'bytes') return Buffer.from(answer.bytes.buffer, answer.bytes.byteOffset, answer.bytes.length);
  const { code, faults } = answer;
  const [first] = faults;
  const detail =
    faults.length === 1 && first
      ? [first.path, first.message].filter(Boolean).join(': ')
      : `the rows have ${faults.length} errors`;
  throw new Problem(code, detail, faults);
}

/** Models as JSON, in shared memory: neither read again for every request nor copied to threads. Ids are never used twice. */
const documents = new LRUCache<string, Uint8Array>({
  maxSize: 64 * 1024 * 1024,
  sizeCalculation: ({ length }) => length,
});

async function documentOf({ models }: UseModelDependencies, id: string): Promise<Uint8Array> {
  const known = documents.get(id);
  if (known !== undefined) {
    await findModel({ models }, id); // it may have been deleted
    return known;
  }
  const read = await readyModel({ models }, id);
  const shared = new Uint8Array(new SharedArrayBuffer(read.length));
  shared.set(read);
  documents.set(id, shared);
  return shared;
}
