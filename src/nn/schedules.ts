/** How the learning rate changes while training goes on: a factor of it for every step. */
import { cosine, exp, log } from '../exact-math.ts';

export type Schedule =
  | { readonly type: 'constant' }
  /** γ^⌊step / every⌋ */
  | { readonly type: 'step'; readonly gamma: number; readonly every: number }
  /** γ^(step / every) */
  | { readonly type: 'exponential'; readonly gamma: number; readonly every: number }
  /** floor + (1 − floor)·½(1 + cos(π·step / steps)) (Loshchilov & Hutter 2017, without restarts) */
  | { readonly type: 'cosine'; readonly floor: number };

/** base^exponent for base ≥ 0, out of exact exp and log; base^0 is 1, that of 0 too. */
function power(base: number, exponent: number): number {
  return exponent === 0 ? 1 : exp(exponent * log(base));
}

/** The factor at `step` (from 0) of `steps`. */
export function scheduleFactor(schedule: Schedule, step: number, steps: number): number {
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
