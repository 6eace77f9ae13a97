/** A training run with an injected fault. */
export interface InjectedRun {
  readonly dataset: string;
  readonly hyperparameters: Readonly<Record<string, number | string | boolean>>;
  readonly fraction?: number;
  readonly seed: number;
  /** The cause that the finding must name. */
  readonly cause?: string;
}
