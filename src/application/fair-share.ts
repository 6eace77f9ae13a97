/**
 * Which search a worker turns to. What the queue offers says only that there is work: while several searches have waiting trials, the store
 * chooses the one that is furthest behind its share, and the trials that were offered wait for another turn.
 */
import type { Claimer, Delivery } from '../domain/commands.ts';
import { Problem } from '../errors.ts';
import type { Claimed, SearchStore } from './ports.ts';

export interface FairShare {
  /** Claims the trials whose turn it is, where none is offered too; undefined if none waits. */
  claim(offered: Delivery | undefined, claimer: Claimer): Promise<Claimed | undefined>;
  /** A worker of this process was occupied by a search. */
  used(searchId: string, seconds: number): void;
}

/** While one search alone has waiting trials, the store is asked this often whether another one has. */
const ALONE_MS = 100;
/** Others may take what was chosen before it is claimed. */
const MAX_CHOICES = 16;

/** `clock`: milliseconds. */
export function createFairShare(
  store: Pick<SearchStore, 'chooseDelivery' | 'claim'>,
  clock: () => number = () => performance.now(),
): FairShare {
  let usages = new Map<string, { seconds: number; turns: number }>();
  let aloneUntil = Number.NEGATIVE_INFINITY;

  const choose = async (): Promise<Delivery | undefined> => {
    const reported = [...usages].map(([searchId, usage]) => ({ searchId, ...usage }));
    usages = new Map();
    const { delivery, searches } = await store.chooseDelivery(reported);
    aloneUntil = searches > 1 ? Number.NEGATIVE_INFINITY : clock() + ALONE_MS;
    return delivery;
  };

  const claim = async (delivery: Delivery, claimer: Claimer): Promise<Claimed | undefined> => {
    try {
      const claimed = await store.claim(delivery, claimer);
      return claimed.claims.length > 0 ? claimed : undefined;
    } catch (error) {
      // The search was deleted.
      if (error instanceof Problem && error.code === 'notFound') return undefined;
      throw error;
    }
  };

  return {
    claim: async (offered, claimer) => {
      let delivery = clock() < aloneUntil && offered !== undefined ? offered : await choose();
      for (let choices = 0; delivery !== undefined && choices < MAX_CHOICES; choices++) {
        const claimed = await claim(delivery, claimer);
        if (claimed !== undefined) return claimed;
        delivery = await choose();
      }
      return undefined;
    },
    used: (searchId, seconds) => {
      const before = usages.get(searchId) ?? { seconds: 0, turns: 0 };
      usages.set(searchId, { seconds: before.seconds + seconds, turns: before.turns + 1 });
    },
  };
}
