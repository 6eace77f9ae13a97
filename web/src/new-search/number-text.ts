/** Numbers as they are typed. Pure. */

/** Thousands as this page groups them: `1,000`. A decimal comma has no digit but 0 before three others: `0,001`. */
const grouped = /^[1-9]\d{0,2}(,\d{3})+$/;

/** NaN for invalid text, undefined for empty text. */
export function numberIn(text: string): number | undefined {
  const typed = text.trim();
  if (typed === '') return undefined;
  return Number(grouped.test(typed) ? typed.replaceAll(',', '') : typed.replace(',', '.'));
}
