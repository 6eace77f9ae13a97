/** The text of a tooltip: charts read it as HTML, and names of imported trials are any text. Pure. */

const codes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function tooltipText(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/[&<>"']/g, (character) => codes[character]!)).join('<br>');
}
