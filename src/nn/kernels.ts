/**
 * The arithmetic of training, as an interface: what a faster implementation must do, and nothing of how.
 *
 * Arrays are flat and row-major; letters mean the same everywhere: N rows of the batch, D inputs, H units, C classes or
 * outputs; `dx` is the gradient of the loss by `x`. Every array may be longer than the sizes say; what lies beyond is neither
 * read nor written. Float arrays and labels passed in come from `allocate` and `allocateLabels` of the same kernels (or are
 * views of such arrays), so that an implementation may keep them where it computes.
 */
export type FloatArray = Float32Array | Float64Array;

export type Activation = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'elu';

/** The part of batch normalization that one layer owns; all of length H. */
export interface BatchNormParameters {
  readonly gamma: FloatArray;
  readonly beta: FloatArray;
  readonly runningMean: FloatArray;
  readonly runningVar: FloatArray;
}

/** What the forward pass of batch normalization leaves for the backward pass. */
export interface BatchNormCache {
  /** x̂, N×H */
  readonly normalized: FloatArray;
  /** 1 / √(variance + ε), H */
  readonly inverseDeviation: FloatArray;
}

export interface AdamConstants {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Added to the variance under the root, in training and in evaluation. */
export const BATCH_NORM_EPSILON = 1e-5;
/** How far the running statistics move towards those of a batch. */
export const BATCH_NORM_MOMENTUM = 0.1;

export interface Kernels {
  readonly name: string;
  /** `length` zeros in this implementation's precision. */
  allocate(length: number): FloatArray;
  allocateLabels(length: number): Int32Array;

  /** z = x·W + b, rows alike: x N×D, W D×H, b H (or none), z N×H. */
  denseForward(
    x: FloatArray,
    weight: FloatArray,
    bias: FloatArray | undefined,
    z: FloatArray,
    N: number,
    D: number,
    H: number,
  ): void;
  /** dW = xᵀ·dz and db = the column sums of dz; both are overwritten. */
  denseBackwardParameters(
    x: FloatArray,
    dz: FloatArray,
    dWeight: FloatArray,
    dBias: FloatArray | undefined,
    N: number,
    D: number,
    H: number,
  ): void;
  /** dx = dz·Wᵀ */
  denseBackwardInput(dz: FloatArray, weight: FloatArray, dx: FloatArray, N: number, D: number, H: number): void;

  /** a = f(z); `a` may be `z`. */
  activationForward(activation: Activation, z: FloatArray, a: FloatArray, count: number): void;
  /** dz = da·f′(z), with f′ taken from a = f(z); `dz` may be `da`. */
  activationBackward(activation: Activation, a: FloatArray, da: FloatArray, dz: FloatArray, count: number): void;

  /** y = γ·x̂ + β with the batch's own mean and variance; moves the running statistics. `y` may be `z`. */
  batchNormForward(
    z: FloatArray,
    parameters: BatchNormParameters,
    cache: BatchNormCache,
    y: FloatArray,
    N: number,
    H: number,
  ): void;
  /** y = γ·(z − runningMean) / √(runningVar + ε) + β. `y` may be `z`. */
  batchNormEvaluate(z: FloatArray, parameters: BatchNormParameters, y: FloatArray, N: number, H: number): void;
  /** dγ = Σ dy·x̂, dβ = Σ dy (overwritten), and dz through the batch's mean and variance. `dz` may be `dy`. */
  batchNormBackward(
    dy: FloatArray,
    gamma: FloatArray,
    cache: BatchNormCache,
    dGamma: FloatArray,
    dBeta: FloatArray,
    dz: FloatArray,
    N: number,
    H: number,
  ): void;

  /** The mean over the rows of −ln softmax(outputs)[label]; writes its gradient. outputs, dOutputs N×C; labels N. */
  softmaxCrossEntropy(outputs: FloatArray, labels: Int32Array, dOutputs: FloatArray, N: number, C: number): number;
  /** The mean over rows and outputs of (output − target)²; writes its gradient. All N×C. */
  meanSquaredError(outputs: FloatArray, targets: FloatArray, dOutputs: FloatArray, N: number, C: number): number;

  /** Σ x² */
  sumOfSquares(x: FloatArray, count: number): number;
  /** x ← factor·x */
  scale(x: FloatArray, factor: number, count: number): void;
  /** y ← y + factor·x */
  addScaled(x: FloatArray, factor: number, y: FloatArray, count: number): void;

  /** w ← w − η·g */
  updateSgd(w: FloatArray, g: FloatArray, count: number, rate: number): void;
  /** v ← μ·v + g, then w ← w − η·v, or with Nesterov's look ahead w ← w − η·(g + μ·v) */
  updateMomentum(
    w: FloatArray,
    g: FloatArray,
    v: FloatArray,
    count: number,
    rate: number,
    momentum: number,
    nesterov: boolean,
  ): void;
  /** s ← s + g², w ← w − η·g / (√s + ε) */
  updateAdagrad(w: FloatArray, g: FloatArray, s: FloatArray, count: number, rate: number, epsilon: number): void;
  /** s ← ρ·s + (1 − ρ)·g², w ← w − η·g / (√s + ε) */
  updateRmsprop(
    w: FloatArray,
    g: FloatArray,
    s: FloatArray,
    count: number,
    rate: number,
    decay: number,
    epsilon: number,
  ): void;
  /**
   * m ← β₁·m + (1 − β₁)·g, s ← β₂·s + (1 − β₂)·g², w ← w − η·(m / c₁) / (√(s / c₂) + ε), where the corrections
   * c₁ = 1 − β₁ᵗ and c₂ = 1 − β₂ᵗ undo that m and s start at 0.
   */
  updateAdam(
    w: FloatArray,
    g: FloatArray,
    m: FloatArray,
    s: FloatArray,
    count: number,
    rate: number,
    constants: AdamConstants,
    correction1: number,
    correction2: number,
  ): void;
}
