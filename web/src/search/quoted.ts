/** Names and values of any text in conditions, and in lists of the address: imported trials have such names. Pure. */

/** In quotation marks, those inside twice, unless it is one word. */
export function quoted(text: string): string {
  return /^[^\s,;<>=~|"]+$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
}

/** What `quoted` was given. */
export function unquoted(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text;
}

/** The values of `adam|"adam w"`. */
export function valuesIn(bound: string): string[] {
  return (bound.match(/"(?:[^"]|"")*"|[^|"]+/g) ?? []).map(unquoted);
}

/** A list of names in the address: `tags,"batch size"`. */
export function listOf(names: readonly string[]): string {
  return names.map(quoted).join(',');
}

export function namesIn(list: string): string[] {
  return (list.match(/"(?:[^"]|"")*"|[^,"]+/g) ?? []).map(unquoted);
}
