/** The queue that delivers work, and the notifications between processes. */
import type { Delivery } from '../../domain/commands.ts';
import type { Epoch, SearchEvent } from '../../domain/events.ts';
import type { SearchState } from '../../domain/search.ts';

/** Only delivers (invariant 1): a delivery that is already queued is not queued twice. */
export interface TrialQueue {
  deliver(deliveries: readonly Delivery[]): Promise<void>;
  deliverModels(ids: readonly string[]): Promise<void>;
  /** How many deliveries are queued or in progress. */
  depth(): Promise<number>;
  close(): Promise<void>;
}

/** A notification for listeners. `seq` is that of the newest event. */
export type PubSubMessage =
  | {
      readonly kind: 'changed';
      readonly project: string;
      readonly searchId: string;
      readonly seq: number;
      readonly state: SearchState;
      /** All events of this change, up to `seq`; left out if they are too long for a notification. The log has them too. */
      readonly events?: readonly SearchEvent[];
    }
  | { readonly kind: 'removed'; readonly project: string; readonly searchId: string }
  /** A model has changed or was deleted; or, with `progress`, that share of its training is done. */
  | { readonly kind: 'model'; readonly modelId: string; readonly progress?: number }
  | { readonly kind: 'epochs'; readonly searchId: string; readonly epochs: readonly Epoch[] }
  /** The connection was interrupted: notifications may have been missed. */
  | { readonly kind: 'gap' };

/** Publishes notifications to all processes. */
export interface PubSub {
  subscribe(listener: (notice: PubSubMessage) => void): () => void;
  /** Only for epochs; the store publishes changes in their own transaction. Never throws; epochs may be lost. */
  publish(searchId: string, epochs: readonly Epoch[]): void;
  /** Like `publish`: the share of a model's training that is done. */
  publishProgress(modelId: string, done: number): void;
  close(): Promise<void>;
}
