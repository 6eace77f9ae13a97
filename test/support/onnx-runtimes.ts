/**
 * The runtimes for JavaScript that run `model.onnx`: onnxruntime-web, and onnxruntime-node of the folder that TEST_ONNXRUNTIME_NODE names
 * (`npm install --ignore-scripts --prefix FOLDER onnxruntime-node`). It is no dependency: it has 113 MB (docs/decisions/0023-model-files.md).
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as web from 'onnxruntime-web';

web.env.wasm.numThreads = 1;
web.env.logLevel = 'error';

const folder = process.env['TEST_ONNXRUNTIME_NODE'];
if (!folder) console.warn('Models are not checked in onnxruntime-node: TEST_ONNXRUNTIME_NODE names no folder with it.');

/** Both have the interface of onnxruntime-common. */
export type OnnxRuntime = Pick<typeof web, 'InferenceSession' | 'Tensor'>;

export const onnxRuntimes: readonly OnnxRuntime[] = [
  web,
  ...(folder ? [createRequire(join(folder, 'package.json'))('onnxruntime-node') as OnnxRuntime] : []),
];
