/** A set of numbers of trials as text: `1,5,9-12`. Pure. */

/** No search has more trials than this, so that a text cannot ask for an endless set. */
const MAX_NUMBER = 1_000_000;
const list = /^\d+(-\d+)?(,\d+(-\d+)?)*$/;

/** Undefined if the text is not a list of numbers. */
export function numbersIn(text: string): Set<number> | undefined {
  if (!list.test(text)) return undefined;
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const [from, to = from] = part.split('-').map(Number) as [number, number?];
    for (let number = from; number <= Math.min(to, MAX_NUMBER); number++) numbers.add(number);
  }
  return numbers;
}

export function numbersText(numbers: Iterable<number>): string {
  const ascending = [...new Set(numbers)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < ascending.length; ) {
    let end = i;
    while (ascending[end + 1] === ascending[end]! + 1) end++;
    const [from, to] = [ascending[i]!, ascending[end]!];
    if (end - i < 2) parts.push(...ascending.slice(i, end + 1).map(String));
    else parts.push(`${from}-${to}`);
    i = end + 1;
  }
  return parts.join(',');
}
