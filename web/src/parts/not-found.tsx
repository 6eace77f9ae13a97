/** What stands at an address that leads to nothing. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Refusal } from '../api.ts';

/** Also of an id or number that is none: the service answers 400 then, and trying again helps neither. */
export function isNotFound(error: Error | null): boolean {
  return error instanceof Refusal && [400, 404].includes(error.status);
}

export function NotFound({ what }: { readonly what: string }): ReactNode {
  return (
    <>
      <h1>{what} not found</h1>
      <p>
        It was deleted, or the address is wrong. <Link href="/">All searches</Link>
      </p>
    </>
  );
}
