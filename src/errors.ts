/** Every error a client can meet, in one table: the code is stable, the title and status belong to it. */

export const problems = {
  invalidRequest: { status: 400, title: 'The request does not fit' },
  invalidJson: { status: 400, title: 'The body is not JSON' },
  invalidCursor: { status: 400, title: 'The cursor was not made by this list' },
  unauthorizedOrigin: { status: 403, title: 'Another site may not open this connection' },
  unknownHost: { status: 403, title: 'The service does not go by that name' },
  notFound: { status: 404, title: 'There is no such thing' },
  wrongState: { status: 409, title: 'The search is not in a state for that' },
  datasetExists: { status: 409, title: 'There is a built-in data set of that name' },
  datasetInUse: { status: 409, title: 'The data set is in use' },
  idempotencyKeyReused: { status: 409, title: 'The idempotency key belongs to another request' },
  bodyTooLarge: { status: 413, title: 'The body is too large' },
  unsupportedMediaType: { status: 415, title: 'The body is of a kind that is not read here' },
  upgradeRequired: { status: 426, title: 'This is a websocket' },
  tooManyRequests: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong here' },
  unavailable: { status: 503, title: 'The service is not ready' },
} as const;

export type ProblemCode = keyof typeof problems;

/** One thing that is wrong, and where: the path is dotted, `hyperparameters.learningRate.low`, empty for the whole. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** An error that is told to the client as it is (RFC 9457). Any other error is a fault of ours and told as `internal`. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly faults: readonly Fault[];

  constructor(code: ProblemCode, detail: string, faults: readonly Fault[] = []) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.faults = faults;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The stack of anything that was thrown, with its message; of what caused it, where that is known. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? (error.stack ?? error.message) : stackOf(error.cause);
}
