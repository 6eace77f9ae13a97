/** Keeps the state of a view in its address, so that links show the same. */
import { useCallback } from 'react';
import { useLocation, useSearchParams } from 'wouter';

/** A query parameter of the address; the value `fallback` is left out. With `step`, the Back button returns to the value before. */
export function useAddress(
  name: string,
  fallback = '',
  { step = false } = {},
): [value: string, set: (value: string) => void] {
  const [parameters, setParameters] = useSearchParams();
  const set = useCallback(
    (value: string) =>
      setParameters(
        (before) => {
          const after = new URLSearchParams(before);
          if (value === fallback) after.delete(name);
          else after.set(name, value);
          return after;
        },
        { replace: !step },
      ),
    [setParameters, name, fallback, step],
  );
  return [parameters.get(name) ?? fallback, set];
}

export function useGo(): (to: string) => void {
  const [, go] = useLocation();
  return go;
}
