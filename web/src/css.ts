/** A share from 0 to 1 as a length that styles understand. */
export function cssLength(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}
