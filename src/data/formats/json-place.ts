/** Where JSON that cannot be parsed is wrong. */

/** What JSON.parse says, without the places and excerpts that it adds in some versions of Node. */
export function jsonReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/,? ?\.{3}"[\s\S]*$/, '').replace(/ (?:in JSON )?at position[\s\S]*$/, '');
}

/** Longer texts are not parsed again to find the place. */
const MAX_SEARCHED = 8 * 1024 * 1024;

/** `line 3, column 7`; empty where `error`, that of JSON.parse for `text`, does not say it and the text is long. */
export function jsonPlace(text: string, error: unknown): string {
  const position = positionIn(error) ?? (isAtEnd(error) ? text.length : searched(text));
  if (position === undefined) return '';
  const before = text.slice(0, position);
  const line = before.lastIndexOf('\n') + 1;
  return `line ${before.split('\n').length}, column ${position - line + 1}`;
}

function positionIn(error: unknown): number | undefined {
  const found = /at position (\d+)/.exec(error instanceof Error ? error.message : '');
  return found === null ? undefined : Number(found[1]);
}

function isAtEnd(error: unknown): boolean {
  return error instanceof Error && /end of JSON input/.test(error.message);
}

/** Where the longest beginning ends that could go on. */
function searched(text: string): number | undefined {
  if (text.length > MAX_SEARCHED) return undefined;
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (couldGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

/** Whether JSON could begin like `text`: what is missing is its end. */
function couldGoOn(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const isUnterminated = error instanceof Error && /Unterminated/.test(error.message);
    return isAtEnd(error) || isUnterminated || (positionIn(error) ?? -1) >= text.length;
  }
}
