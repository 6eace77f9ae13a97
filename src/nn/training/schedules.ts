/** Learning rate schedules: a factor for every step. */
import { cosine, exp, log } from '../../exact-math.ts';

type Decay =
  | { readonly type: 'constant' }
  /** γ^⌊step / every⌋ */
  | { readonly type: 'step'; readonly gamma: number; readonly every: number }
  /** γ^(step / every) */
  | { readonly type: 'exponential'; readonly gamma: number; readonly every: number }
  /** floor + (1 − floor)·½(1 + cos(π·step / steps)) (Loshchilov & Hutter 2017, without restarts) */
  | { readonly type: 'cosine'; readonly floor: number };

export type Schedule = Decay & {
  /**
   * Linear warm-up (Goyal et al. 2017): the first w steps are scaled by (step + 1)/w. It multiplies the decay, which still counts from step 0,
   * so the shape of the decay does not depend on it. Default: none.
   */
  readonly warmup?: number | undefined;
};

/** base^exponent for base ≥ 0, computed with exact exp and log; base^0 is 1, also for 0. */
function power(base: number, exponent: number): number {
  return exponent === 0 ? 1 : exp(exponent * log(base));
}

function decayFactor(schedule: Schedule, step: number, steps: number): number {
  switch (schedule.type) {
    case 'constant':
      return 1;
    case 'step':
      return power(schedule.gamma, Math.floor(step / schedule.every));
    case 'exponential':
      return power(schedule.gamma, step / schedule.every);
    case 'cosine':
      return schedule.floor + (1 - schedule.floor) * 0.5 * (1 + cosine((Math.PI * step) / steps));
  }
}

/** The factor at `step` (from 0) of `steps`. */
export function scheduleFactor(schedule: Schedule, step: number, steps: number): number {
  const { warmup = 0 } = schedule;
  const factor = decayFactor(schedule, step, steps);
  return step + 1 < warmup ? factor * ((step + 1) / warmup) : factor;
}
