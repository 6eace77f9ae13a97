/** Turns of searches at a thread: the rules of fair sharing that stores have in common (adapters/postgres/fair-share.ts). */

/** The weight of the newest turns in the average duration of a turn. */
export const TURN_SMOOTHING = 0.25;

/** How long a turn is taken to last where no search that waits has had one. */
export const UNKNOWN_TURN_SECONDS = 1;
