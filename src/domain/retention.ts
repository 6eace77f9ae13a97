/** What is removed of searches that ended long ago: days after their end, or undefined for never. */
export interface Retention {
  /** Layer signals of trials. */
  readonly signals: number | undefined;
  /** All that was measured by epoch, the signals too. */
  readonly curves: number | undefined;
}
