/** What is done with a ready model, as plain data, for a thread (workers/model-thread.ts): predictions, and files. */
import { isAscii } from 'node:buffer';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { compileKernels, instantiateKernels } from '../../compute/kernels.ts';
import { fastestOf } from '../../compute/kernels-names.ts';
import { kernelOutputs } from '../../compute/model-outputs.ts';
import type { ModelFile } from '../../contract/models.ts';
import { datasetLimits } from '../../data/csv-table.ts';
import { decodeFile } from '../../data/decode.ts';
import { InvalidDataset } from '../../data/faults.ts';
import { issuesOf, shown } from '../../domain/specification/validation-issues.ts';
import type { ValidationIssue } from '../../errors.ts';
import type { Model } from '../../models/model.ts';
import { onnxModel } from '../../models/onnx/onnx.ts';
import { createTablePredictor, type Predictor } from '../../models/predict.ts';
import { predictModule } from '../../models/predict-module.ts';
import { type PredictionTable, predictionsJson } from '../../models/prediction-table.ts';
import type { RawRow } from '../../models/predictions.ts';
import { predictLimits } from '../../models/read-cells.ts';
import { safetensorsModel } from '../../models/safetensors.ts';

export type ModelUse =
  /** The body of a request. It is read in the thread, since large ones take long. */
  | { readonly kind: 'json'; readonly body: Uint8Array }
  | { readonly kind: 'csv'; readonly body: Uint8Array; readonly encoding: string | undefined }
  | { readonly kind: 'file'; readonly file: ModelFile; readonly foldsBatchNorm: boolean };

export interface ModelUseTask {
  readonly id: string;
  /** The model as JSON in UTF-8. */
  readonly document: Uint8Array;
  readonly use: ModelUse;
}

export type ModelUseAnswer =
  /** A file, or predictions as JSON in UTF-8. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Errors lose their class when posted from a thread. */
  | {
      readonly kind: 'invalid';
      readonly code: 'invalidRequest' | 'invalidJson';
      readonly faults: readonly ValidationIssue[];
    };

/** Bodies from this size on are answered by a thread of their own, so that small ones do not wait for them. */
const LARGE_BYTES = 1_000_000;

export function isLarge({ use }: ModelUseTask): boolean {
  return use.kind === 'file' || use.body.byteLength >= LARGE_BYTES;
}

/** Models keep their bits, so a predictor can be kept by the id of its model. */
const predictors = new LRUCache<string, ModelPredictor>({ max: 8 });

interface ModelPredictor extends Predictor<PredictionTable> {
  readonly model: Model;
}

export function answerUse({ id, document, use }: ModelUseTask): ModelUseAnswer {
  const parsed = () => JSON.parse(Buffer.from(document).toString()) as Model;
  if (use.kind === 'file') return { kind: 'bytes', bytes: fileOf(parsed(), document, use) };
  const predictor = predictors.get(id) ?? predictorOf(parsed());
  predictors.set(id, predictor);
  try {
    const predictions =
      use.kind === 'csv'
        ? predictor.csv(decodeFile(use.body, use.encoding, datasetLimits.bytes).text)
        : predictor.rows(rowsIn(textOf(use.body)));
    return { kind: 'bytes', bytes: predictionsJson(predictor.model, predictions) };
  } catch (error) {
    if (error instanceof InvalidDataset || error instanceof InvalidRows) {
      return { kind: 'invalid', code: 'invalidRequest', faults: error.faults };
    }
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'invalid', code: 'invalidJson', faults: [{ path: 'body', message: error.message }] };
  }
}

/** UTF-8. Most bodies are ASCII, which needs no decoding: several times as fast. */
function textOf(body: Uint8Array): string {
  return isAscii(body)
    ? Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1')
    : new TextDecoder().decode(body);
}

class InvalidRows extends Error {
  readonly faults: readonly ValidationIssue[];
  constructor(faults: readonly ValidationIssue[]) {
    super('the rows are invalid');
    this.faults = faults;
  }
}

/** Not the cells, whose errors belong to their rows. */
const bodySchema = z.strictObject({ rows: z.array(z.unknown()).min(1).max(predictLimits.rows) });

function rowsIn(body: string): readonly RawRow[] {
  const json: unknown = JSON.parse(body);
  const parsed = bodySchema.safeParse(json);
  if (!parsed.success) throw new InvalidRows(issuesOf(parsed.error, json));
  const { rows } = parsed.data;
  const wrong = rows.findIndex((row) => typeof row !== 'object' || row === null || Array.isArray(row));
  if (wrong < 0) return rows as readonly RawRow[];
  const message = `must be an object with a value for every column, got ${shown(rows[wrong])}`;
  throw new InvalidRows([{ path: `rows[${wrong}]`, message }]);
}

/** On kernels, which are several times as fast as plain JavaScript, if all networks were trained by the same family. */
function predictorOf(model: Model): ModelPredictor {
  const families = [...new Set(model.members.map(({ kernels }) => kernels))];
  const [family] = families;
  if (family === undefined || families.length > 1) return { model, ...createTablePredictor(model) };
  const outputs = kernelOutputs(model, instantiateKernels(compileKernels(fastestOf[family])));
  return { model, ...createTablePredictor(model, outputs) };
}

function fileOf(
  model: Model,
  document: Uint8Array,
  { file, foldsBatchNorm }: Extract<ModelUse, { readonly kind: 'file' }>,
): Uint8Array {
  switch (file) {
    case 'model.json':
      return document;
    case 'model.onnx':
      return onnxModel(model, { foldsBatchNorm });
    case 'model.safetensors':
      return safetensorsModel(model);
    case 'predict.mjs':
      return Buffer.from(predictModule(model));
  }
}
