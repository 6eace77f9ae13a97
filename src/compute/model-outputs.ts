/** Runs the members of a model on kernels: the same bits as in plain JavaScript (models/evaluate.ts), faster. */
import { decodeLayer } from '../models/evaluate.ts';
import type { Member, Model } from '../models/model.ts';
import type { MemberOutputs } from '../models/predictions.ts';
import type { Kernels } from '../nn/kernels/kernels.ts';
import { matrix, writeDense } from '../nn/model/layout.ts';
import { bytesFor } from '../nn/model/memory.ts';
import { createNetwork, forward, type Network, type NetworkSpec, readOutputs } from '../nn/model/network.ts';

const ROWS_AT_ONCE = 256;

/**
 * Uses the whole memory of the kernels, which must not train meanwhile. They must be of the family that trained every member; others round
 * differently. Throws a RangeError for networks that training does not make.
 */
export function kernelOutputs(model: Pick<Model, 'members'>, kernels: Kernels): MemberOutputs {
  const allocate = (of: Kernels) =>
    model.members.map((member) => {
      const spec = specOf(member);
      const network = createNetwork(of, spec, ROWS_AT_ONCE);
      return { network, x: of.allocateMatrix(ROWS_AT_ONCE, spec.sizes[0]!) };
    });
  kernels.reset(bytesFor(kernels, allocate));
  const networks = allocate(kernels);
  for (const [m, { layers }] of model.members.entries()) fillNetwork(networks[m]!.network, layers);
  return (member, x, rows) => {
    const { network, x: batch } = networks[member]!;
    const { inputs, outputs } = network;
    const all = new Float32Array(rows * outputs);
    for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
      const count = Math.min(ROWS_AT_ONCE, rows - start);
      writeDense(kernels, x.subarray(start * inputs, (start + count) * inputs), batch, [matrix(count, inputs)]);
      forward(network, batch, count, 'evaluate');
      all.set(readOutputs(network, count), start * outputs);
    }
    return all;
  };
}

/** As in training, without dropout, which evaluation leaves out. Training makes no network whose hidden layers differ, but a file may have one. */
function specOf({ layers, outputs }: Member): NetworkSpec {
  const [first] = layers;
  const last = layers.at(-1)!;
  const kindOf = ({ activation, constant, norm }: Member['layers'][number]) =>
    `${activation} ${constant} ${norm !== null}`;
  const alike = layers.slice(0, -1).every((layer) => kindOf(layer) === kindOf(first!));
  if (!alike || last.activation !== 'linear' || last.norm !== null) {
    throw new RangeError(
      'the kernels run networks with hidden layers of one kind and a linear last one; use portableOutputs',
    );
  }
  const loss = { softmax: 'softmaxCrossEntropy', sigmoid: 'binaryCrossEntropy', value: 'meanSquaredError' } as const;
  return {
    sizes: [...layers.map(({ inputs }) => inputs), last.columns],
    activation: first!.activation,
    slope: first!.constant,
    alpha: first!.constant,
    batchNorm: first!.norm !== null,
    loss: loss[outputs],
  };
}

function fillNetwork({ kernels, layers }: Network, from: Member['layers']): void {
  layers.forEach(({ inputs, columns, parameters }, l) => {
    const { weight, bias, norm } = decodeLayer(from[l]!);
    writeDense(kernels, weight, parameters.weight, [matrix(inputs, columns)]);
    if (bias !== undefined) parameters.bias?.set(bias);
    if (norm === undefined) return;
    for (const name of ['gamma', 'beta', 'runningMean', 'runningVar'] as const) parameters.norm?.[name].set(norm[name]);
  });
}
