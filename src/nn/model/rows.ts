/** Training or validation rows in kernel memory. */
import type { FloatArray, Kernels } from '../kernels/kernels.ts';
import { matrix, writeDense } from './layout.ts';
import type { Loss } from './network.ts';

/** x rows×inputs; y class indices (Int32Array), or targets rows×outputs, as the loss wants them. */
export interface Rows {
  readonly count: number;
  readonly inputs: number;
  /** Numbers of y per row. */
  readonly targets: number;
  readonly x: FloatArray;
  readonly y: Int32Array | FloatArray;
}

/** Whether y has a class index per row. */
export function takesLabels(loss: Loss): boolean {
  return loss === 'softmaxCrossEntropy';
}

export function allocateRows(kernels: Kernels, count: number, inputs: number, outputs: number, loss: Loss): Rows {
  const labels = takesLabels(loss);
  return {
    count,
    inputs,
    targets: labels ? 1 : outputs,
    x: kernels.allocateMatrix(count, inputs),
    y: labels ? kernels.allocateIntegers(count) : kernels.allocateMatrix(count, outputs),
  };
}

/** Copies dense rows to kernel memory. */
export function fillRows(kernels: Kernels, rows: Rows, x: ArrayLike<number>, y: ArrayLike<number>): void {
  writeDense(kernels, x, rows.x, [matrix(rows.count, rows.inputs)]);
  if (rows.y instanceof Int32Array) rows.y.set(y);
  else writeDense(kernels, y, rows.y, [matrix(rows.count, rows.targets)]);
}

/** 0, 1, 2, … */
export function allocateOrder(kernels: Kernels, count: number): Int32Array {
  const order = kernels.allocateIntegers(count);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order;
}
