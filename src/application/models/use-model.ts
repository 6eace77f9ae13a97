/** What is done with a ready model, as plain data, for a thread (workers/model-thread.ts): predictions, and files. */
import { LRUCache } from 'lru-cache';
import { compileKernels, instantiateKernels } from '../../compute/kernels.ts';
import { fastestOf } from '../../compute/kernels-names.ts';
import { kernelOutputs } from '../../compute/model-outputs.ts';
import type { ModelFile } from '../../contract/models.ts';
import { InvalidDataset } from '../../data/faults.ts';
import type { ValidationIssue } from '../../errors.ts';
import type { Model } from '../../models/model.ts';
import { onnxModel } from '../../models/onnx/onnx.ts';
import { createModelPredictor, type Predictor } from '../../models/predict.ts';
import { predictModule } from '../../models/predict-module.ts';
import type { Predictions, RawRow } from '../../models/predictions.ts';
import { safetensorsModel } from '../../models/safetensors.ts';

export type ModelUse =
  | { readonly kind: 'rows'; readonly rows: readonly RawRow[] }
  | { readonly kind: 'csv'; readonly text: string }
  | { readonly kind: 'file'; readonly file: ModelFile };

export interface ModelUseTask {
  readonly id: string;
  /** The model as JSON in UTF-8. */
  readonly document: Uint8Array;
  readonly use: ModelUse;
}

export type ModelUseAnswer =
  | { readonly kind: 'predictions'; readonly predictions: Predictions }
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  /** Errors lose their class when posted from a thread. */
  | { readonly kind: 'invalid'; readonly faults: readonly ValidationIssue[] };

/** Models keep their bits, so a predictor can be kept by the id of its model. */
const predictors = new LRUCache<string, Predictor>({ max: 8 });

export function answerUse({ id, document, use }: ModelUseTask): ModelUseAnswer {
  const parsed = () => JSON.parse(Buffer.from(document).toString()) as Model;
  if (use.kind === 'file') return { kind: 'file', bytes: bytesOf(parsed(), document, use.file) };
  const predictor = predictors.get(id) ?? predictorOf(parsed());
  predictors.set(id, predictor);
  try {
    const predictions = use.kind === 'rows' ? predictor.rows(use.rows) : predictor.csv(use.text);
    return { kind: 'predictions', predictions };
  } catch (error) {
    if (!(error instanceof InvalidDataset)) throw error;
    return { kind: 'invalid', faults: error.faults };
  }
}

/** On kernels, which are several times as fast as plain JavaScript, if all networks were trained by the same family. */
function predictorOf(model: Model): Predictor {
  const families = [...new Set(model.members.map(({ kernels }) => kernels))];
  const [family] = families;
  if (family === undefined || families.length > 1) return createModelPredictor(model);
  return createModelPredictor(model, kernelOutputs(model, instantiateKernels(compileKernels(fastestOf[family]))));
}

function bytesOf(model: Model, document: Uint8Array, file: ModelFile): Uint8Array {
  switch (file) {
    case 'model.json':
      return document;
    case 'model.onnx':
      return onnxModel(model);
    case 'model.safetensors':
      return safetensorsModel(model);
    case 'predict.mjs':
      return Buffer.from(predictModule(model));
  }
}
