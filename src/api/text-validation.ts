/** Refuses requests with text that cannot be stored, before any other validation. */
import type { FastifyInstance } from 'fastify';
import { dotted, MAX_ISSUES } from '../domain/specification/validation-issues.ts';
import { Problem, type ValidationIssue } from '../errors.ts';

/** Postgres cannot store NUL, and UTF-8 cannot represent half of a surrogate pair. */
function textIssueOf(text: string): string | undefined {
  if (text.includes('\0')) return 'must not contain the character U+0000';
  const half = /\p{Surrogate}/u.exec(text)?.[0];
  if (half === undefined) return undefined;
  return `must be well-formed Unicode, got U+${half.charCodeAt(0).toString(16).toUpperCase()} without its other half`;
}

/** A linked path: full paths of deeply nested values would be long, and few are needed. */
interface Place {
  readonly key: string | number;
  readonly above: Place | undefined;
}

const MAX_PATH = 50;

function pathTo(place: Place | undefined): string {
  const keys: (string | number)[] = [];
  for (let at = place; at !== undefined; at = at.above) keys.push(at.key);
  return dotted(keys.reverse().slice(0, MAX_PATH));
}

/** Issues of all strings in `value`, including keys. Not recursive, because requests may be nested arbitrarily deep. */
function textIssues(value: unknown): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  const check = (text: string, place: Place | undefined) => {
    const message = textIssueOf(text);
    if (message !== undefined) issues.push({ path: pathTo(place), message });
  };
  const pending: { readonly value: unknown; readonly place: Place | undefined }[] = [{ value, place: undefined }];
  for (let next = pending.pop(); next !== undefined && issues.length < MAX_ISSUES; next = pending.pop()) {
    const { value: inner, place: above } = next;
    if (typeof inner === 'string') check(inner, above);
    if (typeof inner !== 'object' || inner === null || ArrayBuffer.isView(inner)) continue;
    const entries = Array.isArray(inner) ? [...inner.entries()] : Object.entries(inner);
    for (const [key, one] of entries.reverse()) {
      const place = { key, above };
      if (typeof key === 'string') check(key, place);
      pending.push({ value: one, place });
    }
  }
  return issues;
}

/** Checks the body, the query and the path of every request. */
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
        issues.length === 1 ? `${where}${first.path}: ${first.message}` : `${issues.length} fields are invalid`;
      throw new Problem('invalidRequest', detail, issues);
    }
  });
}
