import type { Search } from '../domain/search.ts';

/** The longest delay of a timer, 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** When the seconds of a search are used up: `onOver` is called then, unless it is cleared before. */
export function deadlineOf(
  { createdAt, specification: { budget } }: Search,
  onOver: () => void,
): { isOver(): boolean; clear(): void } {
  if (budget.seconds === undefined) return { isOver: () => false, clear: () => undefined };
  const at = Date.parse(createdAt) + budget.seconds * 1000;
  // A timer knows no longer time; the sweep ends what is due in a month.
  const timer = at - Date.now() > LONGEST_TIMER_MS ? undefined : setTimeout(onOver, at - Date.now());
  return { isOver: () => Date.now() >= at, clear: () => clearTimeout(timer) };
}
