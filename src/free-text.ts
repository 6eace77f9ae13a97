/**
 * Text that people write, for a cell of a CSV: a spreadsheet would read one that begins with such a character as a formula, which may send data
 * elsewhere (OWASP, CSV Injection). After an apostrophe it is text.
 */
export function cellOfText(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
