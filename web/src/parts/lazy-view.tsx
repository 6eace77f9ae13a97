/** Components that are loaded when they are first needed. */
import { type ComponentType, createElement, lazy, type ReactNode, useState } from 'react';

export interface LazyView<Props> {
  (props: Props): ReactNode;
  /** Begins to load it; ends once it can be rendered. */
  load(): Promise<unknown>;
}

/**
 * As React's `lazy`, except that what has been loaded before is rendered at once: React suspends the first time even then, and keeps the
 * fallback for at least 300 ms.
 */
export function lazyView<Props extends object>(
  read: () => Promise<{ default: ComponentType<Props> }>,
): LazyView<Props> {
  let loaded: ComponentType<Props> | undefined;
  const load = async () => {
    const module = await read();
    loaded = module.default;
    return module;
  };
  const Lazy = lazy(load);
  // biome-ignore lint/correctness/noComponentHookFactories: as `lazy`, it is called once for a view, where a module is loaded.
  const View = (props: Props) => {
    // Fixed while it is mounted: another component would lose the state of the first.
    const [Chosen] = useState<ComponentType<Props>>(() => loaded ?? Lazy);
    return createElement(Chosen, props);
  };
  return Object.assign(View, { load });
}
