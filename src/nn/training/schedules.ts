/** How the learning rate changes while training goes on: a factor of it for every step. */
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
   * The first steps, w of them, are shorter by (step + 1)/w: a linear warm-up (Goyal et al. 2017). It multiplies the decay,
   * which counts from step 0 all the same, so that its shape does not depend on it. None unless given.
   */
  readonly warmup?: number | undefined;
};

/** base^exponent for base ≥ 0, out of exact exp and log; base^0 is 1, that of 0 too. */
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
