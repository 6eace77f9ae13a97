/** A training run as it is planted. */
export interface Planted {
  readonly dataset: string;
  readonly hyperparameters: Readonly<Record<string, number | string | boolean>>;
  readonly fraction?: number;
  readonly seed: number;
  /** The cause that the finding must name. */
  readonly cause?: string;
}
