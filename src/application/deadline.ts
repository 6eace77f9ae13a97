import type { Search } from '../domain/search.ts';

/** The longest delay of a timer: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls `onOver` when the seconds of a search's budget are used up, unless it is cleared before. */
export function deadlineOf(
  { createdAt, specification: { budget } }: Search,
  onOver: () => void,
): { isOver(): boolean; clear(): void } {
  if (budget.seconds === undefined) return { isOver: () => false, clear: () => undefined };
  const at = Date.parse(createdAt) + budget.seconds * 1000;
  // Later deadlines are handled by reconciliation.
  const timer = at - Date.now() > MAX_TIMER_MS ? undefined : setTimeout(onOver, at - Date.now());
  return { isOver: () => Date.now() >= at, clear: () => clearTimeout(timer) };
}
