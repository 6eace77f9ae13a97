/**
 * Which search a worker turns to. What the queue offers says only that there is work: while several searches have waiting trials, the store
 * claims those of the one that is furthest behind its share, and the trials that were offered wait for another turn.
 */
import type { Claimer, Delivery } from '../domain/commands.ts';
import { Problem } from '../errors.ts';
import type { Claimed, SearchStore } from './ports/search-store.ts';

export interface FairShare {
  /** Claims the trials whose turn it is, where none is offered too; undefined if none waits. */
  claim(offered: Delivery | undefined, claimer: Claimer): Promise<Claimed | undefined>;
  /** A worker of this process was occupied by a search. */
  used(searchId: string, seconds: number): void;
}

/** While one search alone has waiting trials, the store is asked this often whether another one has. */
const ALONE_MS = 100;
/** Of some searches nothing may begin although trials wait, which is known once they are asked. */
const MAX_CHOICES = 16;

/** `clock`: milliseconds. */
export function createFairShare(
  store: Pick<SearchStore, 'claimNext' | 'claim'>,
  clock: () => number = () => performance.now(),
): FairShare {
  let usages = new Map<string, { seconds: number; turns: number }>();
  let aloneUntil = Number.NEGATIVE_INFINITY;

  const claimOffered = async (delivery: Delivery, claimer: Claimer): Promise<Claimed | undefined> => {
    try {
      return await store.claim(delivery, claimer);
    } catch (error) {
      // The search was deleted.
      if (error instanceof Problem && error.code === 'notFound') return undefined;
      throw error;
    }
  };

  const claimNext = async (claimer: Claimer): Promise<Claimed | undefined> => {
    const reported = [...usages].map(([searchId, usage]) => ({ searchId, ...usage }));
    usages = new Map();
    const { claimed, searches } = await store.claimNext(reported, claimer);
    aloneUntil = searches > 1 ? Number.NEGATIVE_INFINITY : clock() + ALONE_MS;
    return claimed;
  };

  return {
    claim: async (offered, claimer) => {
      if (offered !== undefined && clock() < aloneUntil) {
        const claimed = await claimOffered(offered, claimer);
        if (claimed !== undefined && claimed.claims.length > 0) return claimed;
      }
      for (let choices = 0; choices < MAX_CHOICES; choices++) {
        const claimed = await claimNext(claimer);
        if (claimed === undefined || claimed.claims.length > 0) return claimed;
      }
      return undefined;
    },
    used: (searchId, seconds) => {
      const before = usages.get(searchId) ?? { seconds: 0, turns: 0 };
      usages.set(searchId, { seconds: before.seconds + seconds, turns: before.turns + 1 });
    },
  };
}
