/** The store of models. */
import type { Claimer } from '../../domain/commands.ts';
import type { ModelClaim, ModelFacts, ModelOrigin, ModelRecord } from '../../domain/model-record.ts';
import type { Page } from './page.ts';

export interface ModelQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** The search they were made from. */
  readonly searchId?: string | undefined;
  readonly project?: string | undefined;
}

/** Methods of a worker do nothing, or return false, if its claim is no longer current. Every change is announced. */
export interface ModelStore {
  create(model: {
    readonly name: string;
    readonly project: string;
    readonly origin: ModelOrigin;
  }): Promise<ModelRecord>;
  find(id: string): Promise<ModelRecord | undefined>;
  /** Newest first. */
  list(query: ModelQuery): Promise<Page<ModelRecord>>;
  /** The model as JSON in UTF-8; undefined until it is ready. */
  document(id: string): Promise<Uint8Array | undefined>;
  change(
    id: string,
    change: { readonly name?: string | undefined; readonly notes?: string | undefined },
  ): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  /** Undefined unless it is waiting. */
  claim(id: string, claimer: Claimer): Promise<ModelClaim | undefined>;
  renew(claim: ModelClaim, leaseSeconds: number): Promise<boolean>;
  /** It has failed if its project may not store as much. */
  finish(
    claim: ModelClaim,
    made: { readonly facts: ModelFacts; readonly document: Uint8Array<ArrayBuffer> },
  ): Promise<boolean>;
  /** Trying again cannot help. */
  fail(claim: ModelClaim, failure: string): Promise<void>;
  /** It waits again, or has failed if all attempts have ended with a failure. Without a failure the attempt does not count. */
  release(claim: ModelClaim, failure?: string): Promise<void>;
  /** Releases every claim whose lease has expired. */
  reapExpired(): Promise<void>;
  waiting(): Promise<readonly string[]>;
}
