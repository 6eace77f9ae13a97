/** Derives the name of a data set from a file name: letters, digits, dots, dashes and underscores. */
export function nameOf(file: string): string {
  const plain = file.replace(/(\.[a-z0-9]{1,8})?(\.(gz|zst))?$/i, '').replace(/[^a-zA-Z0-9._-]+/g, '-');
  return plain.replace(/^[^a-zA-Z0-9]+|-+$/g, '').slice(0, 100) || 'mine';
}

/** The same from the last part of an address. */
export function nameOfUrl(url: string): string {
  const path = url.replace(/[?#].*$/, '').replace(/^[a-z]+:\/\/[^/]*/i, '');
  return nameOf(path.split('/').findLast((part) => part !== '') ?? '');
}
