/** The plain kernels of the losses: N rows, C classes or outputs; i counts rows, j outputs. */
import { exp, log, sigmoid } from '../../exact-math.ts';
import type { Kernels } from './kernels.ts';

export function lossKernels(
  stride: Kernels['stride'],
): Pick<Kernels, 'softmaxCrossEntropy' | 'binaryCrossEntropy' | 'meanSquaredError' | 'countCorrect'> {
  return {
    /**
     * p = softmax(o), loss = mean of −ln p[label] = ln Σ_j e^(o_j − max) − (o_label − max), do = (p − 1[j = label]) / N.
     * The row's maximum is taken out first, so that no exponential overflows.
     */
    softmaxCrossEntropy(outputs, labels, dOutputs, N, C) {
      const S = stride(C);
      let loss = 0;
      for (let i = 0; i < N; i++) {
        const row = i * S;
        let max = Number.NEGATIVE_INFINITY;
        for (let j = 0; j < C; j++) if (outputs[row + j]! > max) max = outputs[row + j]!;
        let sum = 0;
        for (let j = 0; j < C; j++) {
          const e = exp(outputs[row + j]! - max);
          dOutputs[row + j] = e;
          sum += e;
        }
        for (let j = 0; j < C; j++) dOutputs[row + j]! /= sum * N;
        const label = row + labels[i]!;
        dOutputs[label]! -= 1 / N;
        loss += log(sum) - (outputs[label]! - max);
      }
      return loss / N;
    },

    /**
     * −t·ln σ(o) − (1 − t)·ln(1 − σ(o)) = max(o, 0) − o·t + ln(1 + e^−|o|), in which nothing overflows;
     * do = (σ(o) − t) / (N·C)
     */
    binaryCrossEntropy(outputs, targets, dOutputs, N, C) {
      const S = stride(C);
      const count = N * C;
      let loss = 0;
      for (let i = 0; i < N; i++) {
        for (let p = i * S; p < i * S + C; p++) {
          const o = outputs[p]!;
          const t = targets[p]!;
          loss += Math.max(o, 0) - o * t + log(1 + exp(-Math.abs(o)));
          dOutputs[p] = (sigmoid(o) - t) / count;
        }
      }
      return loss / count;
    },

    /** loss = Σ (o − t)² / (N·C), do = 2·(o − t) / (N·C) */
    meanSquaredError(outputs, targets, dOutputs, N, C) {
      const S = stride(C);
      const count = N * C;
      let sum = 0;
      for (let i = 0; i < N; i++) {
        for (let p = i * S; p < i * S + C; p++) {
          const error = outputs[p]! - targets[p]!;
          sum += error * error;
          dOutputs[p] = (2 * error) / count;
        }
      }
      return sum / count;
    },

    /** A row of NaN is never correct, so that a diverged network does not score by the share of class 0. */
    countCorrect(outputs, labels, N, C) {
      const S = stride(C);
      let correct = 0;
      for (let i = 0; i < N; i++) {
        let best = -1;
        let greatest = Number.NEGATIVE_INFINITY;
        for (let j = 0; j < C; j++) {
          if (outputs[i * S + j]! > greatest) {
            greatest = outputs[i * S + j]!;
            best = j;
          }
        }
        if (best === labels[i]!) correct++;
      }
      return correct;
    },
  };
}
