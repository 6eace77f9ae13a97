/** Random weights and orders, number by number: native kernels draw the same bits (kernels/native/random.h). */
import { type Random, streamOf } from '../../random.ts';
import type { Kernels, WeightDistribution } from './kernels.ts';

function standardized(random: Random, distribution: WeightDistribution): () => number {
  return distribution === 'normal' ? () => random.normal() : () => Math.sqrt(3) * (2 * random.uniform() - 1);
}

export function randomKernels(stride: Kernels['stride']): Pick<Kernels, 'drawWeights' | 'shuffle'> {
  return {
    drawWeights(weight, rows, columns, distribution, deviation, address) {
      const draw = standardized(streamOf(address), distribution);
      const S = stride(columns);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) weight[i * S + j] = deviation * draw();
      }
    },
    shuffle: (order, count, address) => order.set(streamOf(address).permutation(count)),
  };
}
