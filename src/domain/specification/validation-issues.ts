/** Turns zod's issues into messages a user can act on: the path, what is expected, and what was sent. */

import type { z } from 'zod';
import type { ValidationIssue } from '../../errors.ts';
import { didYouMean } from '../did-you-mean.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

export const MAX_ISSUES = 50;

/** The keys that an object may have, by its path: for suggestions. */
export type KnownKeys = Readonly<Record<string, readonly string[]>>;

/** All issues of a failed parse of `input`. Unknown keys of an object in `known` come with the key that was meant. */
export function issuesOf(error: z.ZodError, input: unknown, known: KnownKeys = {}): ValidationIssue[] {
  const found = error.issues.flatMap((issue) => issuesFrom(issue, input)).slice(0, MAX_ISSUES);
  return found.map(({ path, message }) => {
    if (message !== UNKNOWN_KEY) return { path, message };
    const at = path.lastIndexOf('.');
    return { path, message: message + didYouMean(path.slice(at + 1), known[path.slice(0, Math.max(0, at))] ?? []) };
  });
}

const UNKNOWN_KEY = 'is not a known key';

/** `hyperparameters.learningRate.choices[2]` */
export function dotted(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

/** A short description of a value, whatever its size. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(input: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    input,
  );
}

function issuesFrom(issue: Issue, input: unknown, above: Path = []): ValidationIssue[] {
  const inner = [...above, ...issue.path];
  const path = dotted(inner);
  const got = at(input, inner);
  const failed = (must: string): ValidationIssue[] => [{ path, message: `${must}, got ${shown(got)}` }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: dotted([...inner, key]),
        message: UNKNOWN_KEY,
      }));
    case 'invalid_type':
      if (got === undefined && issue.path.length > 0) return [{ path, message: 'is required' }];
      return failed(`must be ${withArticle(issue.expected)}`);
    case 'too_small':
      return failed(`must ${sizeOf(issue.origin, issue.inclusive ? 'at least' : 'above', issue.minimum)}`);
    case 'too_big':
      return failed(`must ${sizeOf(issue.origin, issue.inclusive ? 'at most' : 'below', issue.maximum)}`);
    case 'invalid_value':
      return failed(`must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(shown).join(', ')}`);
    case 'invalid_union':
      return issuesFromUnion(issue, input, inner);
    case 'invalid_key':
      return [{ path, message: UNKNOWN_KEY }];
    default:
      return [{ path, message: issue.message }];
  }
}

/** Whether an issue says that the whole value is of another type; nested unions are checked branch by branch. */
function isWrongKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union') return issue.errors.every((branch) => (branch as Issue[]).some(isWrongKind));
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

/** The issues of a union are those of the branch that was meant: the one whose type matches and whose content does not. */
function issuesFromUnion(issue: z.core.$ZodIssueInvalidUnion, input: unknown, inner: Path): ValidationIssue[] {
  const branches = issue.errors as Issue[][];
  const path = dotted(inner);
  if (branches.length === 0) {
    // None of the branches has this discriminator.
    return [{ path, message: `must be ${kindsOf(issue).join()}, got ${shown(at(input, inner))}` }];
  }
  const meant = branches.filter((issues) => !issues.some(isWrongKind)).sort((a, b) => a.length - b.length)[0];
  if (meant !== undefined) return meant.flatMap((one) => issuesFrom(one, input, inner));
  const kinds = branches.flat().flatMap(kindsOf);
  const message = `must be ${[...new Set(kinds)].join(' or ')}, got ${shown(at(input, inner))}`;
  return [{ path, message }];
}

function kindsOf(issue: Issue): string[] {
  if (issue.code === 'invalid_union') {
    const named = 'options' in issue ? issue.options : undefined;
    return named === undefined
      ? (issue.errors as Issue[][]).flat().flatMap(kindsOf)
      : [`one of ${named.map(shown).join(', ')}`];
  }
  if (issue.code === 'invalid_type') return [withArticle(issue.expected)];
  return issue.code === 'invalid_value' ? [`one of ${issue.values.map(shown).join(', ')}`] : [];
}

function withArticle(kind: string): string {
  if (kind === 'int') return 'a whole number';
  if (kind === 'record') return 'an object';
  if (kind === 'array') return 'a list';
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/** Without grouped digits, as the other bounds. */
function counted(bound: number | bigint, one: string, many = `${one}s`): string {
  return `${bound} ${Number(bound) === 1 ? one : many}`;
}

function sizeOf(origin: string, relation: string, bound: number | bigint): string {
  if (origin === 'string') return `have ${relation} ${counted(bound, 'character')}`;
  if (origin === 'array' || origin === 'set') return `have ${relation} ${counted(bound, 'entry', 'entries')}`;
  if (origin === 'object' || origin === 'record') return `have ${relation} ${counted(bound, 'key')}`;
  return `be ${relation} ${bound}`;
}
