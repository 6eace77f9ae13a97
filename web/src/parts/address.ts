/** What a view shows, kept in its address: a link brings another reader to the same. */
import { useCallback } from 'react';
import { useLocation, useSearchParams } from 'wouter';

/** One parameter of the address; `fallback` is not written. */
export function useAddress(name: string, fallback = ''): [value: string, set: (value: string) => void] {
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
        { replace: true },
      ),
    [setParameters, name, fallback],
  );
  return [parameters.get(name) ?? fallback, set];
}

export function useGo(): (to: string) => void {
  const [, go] = useLocation();
  return go;
}
