/** Keys that an object of a JSON text has twice: parsers take the last one in silence. */

interface RepeatedKey {
  readonly key: string;
  /** `line 3, column 7` */
  readonly place: string;
}

/** The first one of a text that is valid JSON, but for numbers that are not finite. */
export function repeatedKey(text: string): RepeatedKey | undefined {
  /** Of the objects and lists that are open; lists have no keys. */
  const open: (Set<string> | undefined)[] = [];
  for (const { 0: token, 1: colon, index } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== undefined) {
      const key = String(JSON.parse(token.slice(0, -colon.length)));
      const known = open.at(-1);
      if (known?.has(key)) return { key, place: placeAt(text, index) };
      known?.add(key);
    }
  }
  return undefined;
}

function placeAt(text: string, index: number): string {
  const before = text.slice(0, index);
  return `line ${before.split('\n').length}, column ${index - before.lastIndexOf('\n')}`;
}
