/** Whether an element is on the screen: charts that are not are drawn later. */

interface OnScreen {
  isOnScreen(): boolean;
  stop(): void;
}

/** The others are drawn after so long, in milliseconds. */
const REST_AFTER = 1000;

/**
 * Calls `enter` whenever the element comes on the screen: at once if it is there. For prints and pictures of the whole page it is also called
 * once after a second, and before printing.
 */
export function followScreen(element: Element, enter: () => void): OnScreen {
  const { top, bottom } = element.getBoundingClientRect();
  let onScreen = top < innerHeight && bottom > 0;
  const observer = new IntersectionObserver(([entry]) => {
    const before = onScreen;
    onScreen = entry!.isIntersecting;
    if (onScreen && !before) enter();
  });
  observer.observe(element);
  const rest = setTimeout(() => {
    if (!onScreen) enter();
  }, REST_AFTER);
  addEventListener('beforeprint', enter);
  if (onScreen) enter();
  return {
    isOnScreen: () => onScreen,
    stop: () => {
      observer.disconnect();
      clearTimeout(rest);
      removeEventListener('beforeprint', enter);
    },
  };
}
