/**
 * The divergence rule: stops at an epoch whose loss is not finite or whose mean training loss is above three times the loss before the first
 * update ("if the cost is ever much higher than the original cost, something is wrong").
 *
 * It depends on a single trial, so it stops the same trial at the same epoch however many workers there are.
 */
const DIVERGENCE_FACTOR = 3;

export function divergence(
  initialLoss: number,
  report: { readonly epoch: number; readonly trainLoss: number; readonly validationLoss: number },
): string | undefined {
  const { epoch, trainLoss, validationLoss } = report;
  if (!Number.isFinite(trainLoss) || !Number.isFinite(validationLoss)) {
    return `the loss was not finite in epoch ${epoch}`;
  }
  if (trainLoss <= DIVERGENCE_FACTOR * initialLoss) return undefined;
  const [now, first] = [trainLoss, initialLoss].map((loss) => loss.toPrecision(4));
  return `the training loss of epoch ${epoch} was ${now}, above ${DIVERGENCE_FACTOR} times the ${first} before the first step`;
}
