/** Finds a model, or a ready one; otherwise a Problem that says why there is none. */
import type { ModelRecord } from '../../domain/model-record.ts';
import { Problem } from '../../errors.ts';
import type { ModelStore } from '../ports/model-store.ts';

export async function findModel(
  { models }: { readonly models: Pick<ModelStore, 'find'> },
  id: string,
): Promise<ModelRecord> {
  const model = await models.find(id);
  if (model === undefined) throw new Problem('notFound', `there is no model ${id}`);
  return model;
}

/** The model as JSON in UTF-8. */
export async function readyModel(
  { models }: { readonly models: Pick<ModelStore, 'find' | 'document'> },
  id: string,
): Promise<Uint8Array> {
  const document = await models.document(id);
  if (document !== undefined) return document;
  const { state, failure } = await findModel({ models }, id);
  const why =
    state === 'failed' ? `could not be made: ${failure}` : `is ${state}; GET /v1/models/${id} says when it is ready`;
  throw new Problem('wrongState', `the model ${why}`);
}
