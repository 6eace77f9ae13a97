/** All errors a client can get. Codes are stable; each has its status and title. */

export const problems = {
  invalidRequest: { status: 400, title: 'The request is invalid' },
  invalidJson: { status: 400, title: 'The body is not JSON' },
  invalidCursor: { status: 400, title: 'The cursor does not belong to this list' },
  unauthorized: { status: 401, title: 'An API key is needed' },
  signInFailed: { status: 401, title: 'The sign-in failed' },
  forbidden: { status: 403, title: 'The API key does not allow this' },
  storageLimit: { status: 403, title: 'The project may not store more' },
  unauthorizedOrigin: { status: 403, title: 'This origin may not open a connection' },
  unknownHost: { status: 403, title: 'Unknown host name' },
  notFound: { status: 404, title: 'Not found' },
  methodNotAllowed: { status: 405, title: 'The method is not allowed' },
  wrongState: { status: 409, title: 'Not possible in the current state' },
  datasetExists: { status: 409, title: 'Another data set has this name' },
  datasetInUse: { status: 409, title: 'The data set is in use' },
  projectExists: { status: 409, title: 'A project has this name' },
  projectInUse: { status: 409, title: 'The project is in use' },
  idempotencyKeyReused: { status: 409, title: 'The idempotency key belongs to another request' },
  requestTimeout: { status: 408, title: 'The request took too long to send' },
  bodyTooLarge: { status: 413, title: 'The body is too large' },
  unsupportedMediaType: { status: 415, title: 'The media type of the body is not supported' },
  upgradeRequired: { status: 426, title: 'This endpoint is a websocket' },
  headersTooLarge: { status: 431, title: 'The headers are too large' },
  searchLimit: { status: 429, title: 'Too many searches have not ended' },
  connectionLimit: { status: 429, title: 'Too many websockets are open' },
  tooManyRequests: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'The service is not ready' },
} as const;

export type ProblemCode = keyof typeof problems;

/** One problem of a request. The path is dotted, like `hyperparameters.learningRate.low`; it is empty for the whole. */
export interface ValidationIssue {
  readonly path: string;
  readonly message: string;
}

/** An error that is sent to the client as it is (RFC 9457). Any other error is a bug and is sent as `internal`. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly issues: readonly ValidationIssue[];

  constructor(code: ProblemCode, detail: string, issues: readonly ValidationIssue[] = []) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.issues = issues;
  }
}

/** What the service depends on does not answer. A client gets `unavailable`, and may try again. */
export class Unavailable extends Error {
  constructor(what: string, cause: unknown) {
    super(`${what} does not answer: ${messageOf(cause)}`, { cause });
    this.name = 'Unavailable';
  }
}

/** The disk of the database is full: nothing of what was to be written is stored. A client gets `unavailable`, and may try again. */
export class NoRoom extends Unavailable {
  constructor(cause: unknown) {
    super('Postgres', cause);
    this.name = 'NoRoom';
    this.message = `the disk of the database is full, so that nothing can be stored: ${messageOf(cause)}`;
  }
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stack of anything that was thrown, with its message; of what caused it, where that is known. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? (error.stack ?? error.message) : stackOf(error.cause);
}
