/** Text that cannot be stored: refused wherever it stands in a request, before anything else looks at it. */
import type { FastifyInstance } from 'fastify';
import { dotted, MAX_ISSUES } from '../domain/specification/validation-issues.ts';
import { Problem, type ValidationIssue } from '../errors.ts';

/** What is wrong with a text, or undefined. Postgres keeps no NUL, and UTF-8 has no half of a surrogate pair. */
function textIssueOf(text: string): string | undefined {
  if (text.includes('\0')) return 'must not contain the character U+0000';
  const half = /\p{Surrogate}/u.exec(text)?.[0];
  if (half === undefined) return undefined;
  return `must be well-formed Unicode, got U+${half.charCodeAt(0).toString(16).toUpperCase()} without its other half`;
}

/** A place in what was sent, by the way to it: paths are long where nesting is deep, and few of them are told. */
interface Place {
  readonly key: string | number;
  readonly above: Place | undefined;
}

const LONGEST_PATH = 50;

function pathTo(place: Place | undefined): string {
  const keys: (string | number)[] = [];
  for (let at = place; at !== undefined; at = at.above) keys.push(at.key);
  return dotted(keys.reverse().slice(0, LONGEST_PATH));
}

/** Every text in `value` that is at fault, keys too, by its path. Not recursive: what is sent may be nested as deep as it is long. */
function textIssues(value: unknown): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  const judge = (text: string, place: Place | undefined) => {
    const message = textIssueOf(text);
    if (message !== undefined) issues.push({ path: pathTo(place), message });
  };
  const pending: { readonly value: unknown; readonly place: Place | undefined }[] = [{ value, place: undefined }];
  for (let next = pending.pop(); next !== undefined && issues.length < MAX_ISSUES; next = pending.pop()) {
    const { value: inner, place: above } = next;
    if (typeof inner === 'string') judge(inner, above);
    if (typeof inner !== 'object' || inner === null || ArrayBuffer.isView(inner)) continue;
    const entries = Array.isArray(inner) ? [...inner.entries()] : Object.entries(inner);
    for (const [key, one] of entries.reverse()) {
      const place = { key, above };
      if (typeof key === 'string') judge(key, place);
      pending.push({ value: one, place });
    }
  }
  return issues;
}

/** Judges the body, the query and the path of every request. */
export function refuseUnstorableText(app: FastifyInstance): void {
  app.addHook('preValidation', async ({ body, query, params }) => {
    const parts: [where: string, part: unknown][] = [
      ['', body],
      ['querystring ', query],
      ['params ', params],
    ];
    for (const [where, part] of parts) {
      const issues = textIssues(part);
      const [first] = issues;
      if (first === undefined) continue;
      const detail =
        issues.length === 1 ? `${where}${first.path}: ${first.message}` : `${issues.length} things do not fit`;
      throw new Problem('invalidRequest', detail, issues);
    }
  });
}
